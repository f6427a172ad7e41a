//! What the peers keep in their own round trip: the measure for what they can keep of ours.

use rempart_interop_tests::aspects;
use rempart_tests_support::{Place, Tool, strange, tree};

fn own_round_trip(tool: Tool) {
    let place = Place::new("peer");
    strange::make(&place.source());
    tool.init(&place);
    tool.backup(&place, &[]);
    let restored = tool.restore(&place, "latest", "restored");
    tree::assert_equal(&place.source(), &restored, aspects(tool), &format!("{} by itself", tool.name()));
}

#[test]
fn restic_keeps_what_its_table_says() {
    own_round_trip(Tool::Restic);
}

#[test]
fn the_distributions_restic_keeps_what_its_table_says() {
    own_round_trip(Tool::OldRestic);
}

#[test]
fn rustic_keeps_what_its_table_says() {
    own_round_trip(Tool::Rustic);
}
