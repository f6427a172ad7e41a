//! Reading trees, one node at a time: a directory of a million files is never held decoded.

use rempart_model::BlobId;

use super::node::read_node;
use super::references::of_node;
use crate::json::read::Reader;
use crate::{BlobKind, FormatError, Node, NodeKind};

/// Yields the nodes of a tree. The first error ends it.
#[derive(Clone)]
pub struct TreeReader<'a> {
    reader: Reader<'a>,
    state: State,
    raw: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    First,
    Further,
    Done,
}

impl<'a> TreeReader<'a> {
    /// Reads nothing yet: what is no tree shows at the first node.
    #[must_use]
    pub const fn new(json: &'a [u8]) -> Self {
        Self { reader: Reader::new("tree", json), state: State::Before, raw: &[] }
    }

    /// Where reading goes on: 0 before the first node, then the byte behind the node yielded last, `usize::MAX` at the
    /// end, which is not the end of the bytes: a tree cut off behind a node must not pass for a whole one.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match self.state {
            State::Before => 0,
            State::Done => usize::MAX,
            State::First | State::Further => self.reader.at_byte(),
        }
    }

    /// Goes on where another reader of the same bytes stood ([`Self::offset`]), for walkers that own the bytes and cannot
    /// keep a reader that borrows them.
    #[must_use]
    pub fn resume(json: &'a [u8], offset: usize) -> Self {
        let mut reader = Self::new(json);
        if offset > 0 {
            reader.reader.advance(offset);
            reader.state = if offset == usize::MAX { State::Done } else { State::Further };
        }
        reader
    }

    /// The JSON of the node yielded last, for [`crate::TreeEncoder::push_raw`].
    #[must_use]
    pub const fn raw_node(&self) -> &'a [u8] {
        self.raw
    }

    /// Reads the next node into `node`, reusing what it has allocated; false at the end. The first error ends the tree.
    pub fn next_into(&mut self, node: &mut Node) -> Result<bool, FormatError> {
        self.item(|reader| read_node(reader, node))
    }

    /// Steps over the next node and puts what it refers to into `found`, which is emptied first; false at the end. What
    /// the node says beside that is not looked at, as with [`crate::for_each_reference`].
    pub fn next_references(&mut self, found: &mut Vec<(BlobKind, BlobId)>) -> Result<bool, FormatError> {
        self.item(|reader| {
            found.clear();
            of_node(reader, &mut |kind, id| {
                found.push((kind, BlobId(id)));
                Ok(())
            })
        })
    }

    fn item(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Result<(), FormatError>) -> Result<bool, FormatError> {
        if self.state == State::Done {
            return Ok(false);
        }
        let step = self.step(read);
        if !matches!(step, Ok(true)) {
            self.state = State::Done;
        }
        step
    }

    fn step(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Result<(), FormatError>) -> Result<bool, FormatError> {
        if self.state == State::Before {
            if !self.begin()? {
                return Ok(false);
            }
            self.state = State::First;
        }
        if !self.reader.next_item(self.state == State::First)? {
            self.tail()?;
            return Ok(false);
        }
        self.state = State::Further;
        self.reader.peek();
        let text = self.reader.rest();
        let start = self.reader.at_byte();
        read(&mut self.reader)?;
        self.raw = &text[..self.reader.at_byte() - start];
        Ok(true)
    }

    /// Up to the first node; fields that are not `nodes` are skipped. False for a tree without any.
    fn begin(&mut self) -> Result<bool, FormatError> {
        self.reader.expect(b'{', "an object")?;
        let mut first = true;
        while let Some(key) = self.reader.next_key(first)? {
            first = false;
            if &*key == b"nodes" {
                if !self.reader.null() {
                    self.reader.expect(b'[', "an array of nodes")?;
                    return Ok(true);
                }
            } else {
                self.reader.skip()?;
            }
        }
        self.reader.end()?;
        Ok(false)
    }

    /// Behind the nodes: further fields, the closing brace, nothing.
    fn tail(&mut self) -> Result<(), FormatError> {
        while self.reader.next_key(false)?.is_some() {
            self.reader.skip()?;
        }
        self.reader.end()
    }
}

impl Iterator for TreeReader<'_> {
    type Item = Result<Node, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut node = Node::new(Vec::new(), NodeKind::Other);
        match self.next_into(&mut node) {
            Ok(true) => Some(Ok(node)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl std::iter::FusedIterator for TreeReader<'_> {}
