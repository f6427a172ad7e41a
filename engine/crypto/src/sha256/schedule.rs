//! Keeps the lanes full: streams of uneven lengths take turns in them, the longest first.

use super::lanes::{BLOCK_BYTES, LaneBlocks, LaneStates, MAX_LANES};
use super::plan::{Plan, Width};

/// Whole blocks in a row.
#[derive(Clone, Copy)]
pub(super) struct Part {
    start: *const u8,
    blocks: usize,
}

impl Part {
    const NONE: Self = Self { start: std::ptr::null(), blocks: 0 };

    fn new(blocks: &[[u8; BLOCK_BYTES]]) -> Self {
        Self { start: blocks.as_ptr().cast(), blocks: blocks.len() }
    }
}

/// Room for the blocks that do not stand in the stream's data: the end of a message with its padding.
pub(super) type Scratch = [[u8; BLOCK_BYTES]; 2];

/// What a stream brings into its lane.
pub(super) struct Start<'a> {
    pub(super) state: [u32; 8],
    /// Two runs of blocks, one after the other.
    pub(super) parts: [&'a [[u8; BLOCK_BYTES]]; 2],
}

/// Streams that can be advanced together.
///
/// # Safety
/// The parts that `start` returns stay readable and unchanged until `end` for the same stream, whatever else is called:
/// they lie in the scratch room, or where `start` and `end` for other streams do not write.
pub(super) unsafe trait Streams {
    fn count(&self) -> usize;
    /// How many blocks the stream has, for the order.
    fn blocks(&self, stream: usize) -> usize;
    fn start<'a>(&'a mut self, stream: usize, scratch: &'a mut Scratch) -> Start<'a>;
    fn end(&mut self, stream: usize, state: [u32; 8]);
}

/// A stream in its lane.
#[derive(Clone, Copy)]
struct Lane {
    stream: usize,
    /// Which scratch room is its own. Lanes move, rooms do not.
    room: usize,
    now: Part,
    next: Part,
}

struct Lanes {
    /// `MAX_LANES` scratch rooms. A pointer, because lanes point into their rooms while others are given out.
    rooms: *mut Scratch,
    states: LaneStates,
    lanes: [Lane; MAX_LANES],
    /// The lanes in use: the first ones.
    active: usize,
}

/// Advances every stream by all its blocks.
pub(super) fn run(plan: &Plan, streams: &mut impl Streams) {
    let mut order: Vec<usize> = (0..streams.count()).collect();
    // Taken from the end, so the shortest come first in the list and last into a lane.
    order.sort_by_key(|&stream| streams.blocks(stream));
    let mut rooms = [[[0; BLOCK_BYTES]; 2]; MAX_LANES];
    let unused = Lane { stream: 0, room: 0, now: Part::NONE, next: Part::NONE };
    let mut lanes = Lanes {
        rooms: rooms.as_mut_ptr(),
        states: LaneStates([[0; MAX_LANES]; 8]),
        lanes: [unused; MAX_LANES],
        active: 0,
    };

    let widest = plan.widest_useful();
    let capacity = widest.map_or(1, |width| width.lanes);
    while lanes.active < capacity && lanes.begin(lanes.active, lanes.active, &mut order, streams) {
        lanes.active += 1;
    }
    while lanes.active > 0 {
        let width = if order.is_empty() { plan.for_the_last(lanes.active) } else { widest };
        let Some(width) = width else {
            lanes.finish_one_by_one(plan, &mut order, streams);
            break;
        };
        lanes.advance(width);
        let mut at = 0;
        while at < lanes.active {
            let lane = &mut lanes.lanes[at];
            if lane.now.blocks == 0 {
                (lane.now, lane.next) = (lane.next, Part::NONE);
            }
            if lane.now.blocks > 0 {
                at += 1;
                continue;
            }
            let (stream, room) = (lane.stream, lane.room);
            streams.end(stream, lanes.state(at));
            if lanes.begin(at, room, &mut order, streams) {
                at += 1;
            } else {
                lanes.close(at);
            }
        }
    }
}

impl Lanes {
    /// Puts the next stream that has blocks into a lane; false when there is none.
    fn begin(&mut self, at: usize, room: usize, order: &mut Vec<usize>, streams: &mut impl Streams) -> bool {
        while let Some(stream) = order.pop() {
            // SAFETY: there are `MAX_LANES` rooms, they outlive `self`, and this one's last stream has ended.
            let scratch = unsafe { &mut *self.rooms.add(room) };
            let Start { state, parts } = streams.start(stream, scratch);
            let [first, second] = parts.map(Part::new);
            let (now, next) = if first.blocks > 0 { (first, second) } else { (second, Part::NONE) };
            if now.blocks == 0 {
                streams.end(stream, state);
                continue;
            }
            self.lanes[at] = Lane { stream, room, now, next };
            for (words, word) in self.states.0.iter_mut().zip(state) {
                words[at] = word;
            }
            return true;
        }
        false
    }

    /// Runs the kernel for as many blocks as every lane has. A kernel with fewer lanes than are active takes the first.
    fn advance(&mut self, width: &Width) {
        let active = &mut self.lanes[..self.active.min(width.lanes)];
        let count = active.iter().map(|lane| lane.now.blocks).min().unwrap_or(0);
        // Lanes without a stream repeat the first one's blocks; nobody looks at what becomes of their states.
        let mut blocks: LaneBlocks = [active[0].now.start; MAX_LANES];
        for (pointer, lane) in blocks.iter_mut().zip(active.iter()) {
            *pointer = lane.now.start;
        }
        // SAFETY: the plan has kernels of this core only. Every pointer is the start of a part with `count` blocks or
        // more, which `Streams` promises to keep readable while the stream is in its lane.
        unsafe { (width.kernel)(&mut self.states, &mut blocks, count) };
        for (lane, pointer) in active.iter_mut().zip(blocks) {
            lane.now = Part { start: pointer, blocks: lane.now.blocks - count };
        }
    }

    fn state(&self, at: usize) -> [u32; 8] {
        self.states.0.map(|words| words[at])
    }

    /// Moves the last lane into the place of one that is done.
    fn close(&mut self, at: usize) {
        self.active -= 1;
        self.lanes[at] = self.lanes[self.active];
        for words in &mut self.states.0 {
            words[at] = words[self.active];
        }
    }

    fn finish_one_by_one(&mut self, plan: &Plan, order: &mut Vec<usize>, streams: &mut impl Streams) {
        while self.active > 0 {
            let last = self.active - 1;
            let Lane { stream, room, now, next } = self.lanes[last];
            let mut state = self.state(last);
            for part in [now, next] {
                if part.blocks > 0 {
                    // SAFETY: a part points at its blocks, readable while the stream is in its lane.
                    let blocks = unsafe { std::slice::from_raw_parts(part.start.cast(), part.blocks) };
                    (plan.single)(&mut state, blocks);
                }
            }
            streams.end(stream, state);
            if !self.begin(last, room, order, streams) {
                self.active -= 1;
            }
        }
    }
}
