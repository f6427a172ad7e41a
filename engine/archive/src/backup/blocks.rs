//! A list in blocks: one of a million items grows without being copied, and is given back to the system block by block
//! while it is used up.

use std::ops::{Index, IndexMut};

/// Items of a block: some megabyte of what directories are made of, which the allocator maps and unmaps alone.
pub(crate) const BLOCK_ITEMS: usize = 16 * 1024;

/// Short lists are one `Vec`.
#[derive(Debug)]
pub(crate) struct Blocks<T> {
    first: Vec<T>,
    /// Each but the last full.
    more: Vec<Vec<T>>,
}

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self { first: Vec::new(), more: Vec::new() }
    }
}

impl<T> Blocks<T> {
    pub(crate) fn with_capacity(items: usize) -> Self {
        Self { first: Vec::with_capacity(items.min(BLOCK_ITEMS)), more: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        match self.more.last() {
            None => self.first.len(),
            Some(last) => self.more.len() * BLOCK_ITEMS + last.len(),
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.first.len() < BLOCK_ITEMS {
            return self.first.push(item);
        }
        match self.more.last_mut() {
            Some(last) if last.len() < BLOCK_ITEMS => last.push(item),
            _ => {
                let mut block = Vec::with_capacity(BLOCK_ITEMS);
                block.push(item);
                self.more.push(block);
            }
        }
    }

    /// Forgets all items and keeps the memory of a short list.
    pub(crate) fn clear(&mut self) {
        self.first.clear();
        self.more = Vec::new();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(self.more.iter().flatten())
    }

    /// Gives the blocks away, each with the place of its first item. There is always a first one, if only an empty one.
    pub(crate) fn into_blocks(self) -> impl Iterator<Item = (usize, Vec<T>)> {
        std::iter::once(self.first).chain(self.more).enumerate().map(|(number, block)| (number * BLOCK_ITEMS, block))
    }
}

impl<T> From<Vec<T>> for Blocks<T> {
    /// Of a list that is short.
    fn from(first: Vec<T>) -> Self {
        debug_assert!(first.len() <= BLOCK_ITEMS, "{} items are no short list", first.len());
        Self { first, more: Vec::new() }
    }
}

impl<T> Index<usize> for Blocks<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        match at.checked_sub(BLOCK_ITEMS) {
            None => &self.first[at],
            Some(behind) => &self.more[behind / BLOCK_ITEMS][behind % BLOCK_ITEMS],
        }
    }
}

impl<T> IndexMut<usize> for Blocks<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        match at.checked_sub(BLOCK_ITEMS) {
            None => &mut self.first[at],
            Some(behind) => &mut self.more[behind / BLOCK_ITEMS][behind % BLOCK_ITEMS],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_a_vec_holds() {
        for len in [0, 1, BLOCK_ITEMS - 1, BLOCK_ITEMS, BLOCK_ITEMS + 1, 3 * BLOCK_ITEMS, 3 * BLOCK_ITEMS + 7] {
            let mut blocks = Blocks::with_capacity(len);
            (0..len).for_each(|item| blocks.push(item));
            assert_eq!(blocks.len(), len);
            assert!(blocks.iter().copied().eq(0..len), "{len} items, one after the other");
            assert!((0..len).all(|at| blocks[at] == at), "{len} items by their places");
            (0..len).for_each(|at| blocks[at] += 1);
            let mut next = 0;
            for (from, block) in blocks.into_blocks() {
                assert_eq!(from, next);
                assert!(block.iter().copied().eq(from + 1..=from + block.len()), "{len} items, the block at {from}");
                next += block.len();
            }
            assert_eq!(next, len);
        }
    }
}
