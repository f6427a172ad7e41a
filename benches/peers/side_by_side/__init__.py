"""The bench beside the peers: corpora, tools, measuring, works, table."""
