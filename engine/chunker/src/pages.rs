//! Page-aligned cuts for files of fixed pages (database files): where a region changed since the parent, small chunks,
//! so that little is stored anew; large ones elsewhere.
