import styles from "./EntryFrame.module.css";

const COURSES = 7;
const STONE_WIDTH = 76;
const STONE_HEIGHT = 30;
const GAP = 5;
const PER_COURSE = 11;

/** A wall of dressed stones with its merlons, drawn: no picture to load. A few stones are of copper. */
export function Wall() {
  const stones = [];
  for (let course = 0; course < COURSES; course += 1) {
    for (let place = 0; place < PER_COURSE; place += 1) {
      // The top course is the merlons: every other stone is missing.
      if (course === 0 && place % 2 === 1) continue;
      const offset = course % 2 === 0 ? 0 : -STONE_WIDTH / 2;
      stones.push(
        <rect
          key={`${course}-${place}`}
          x={place * (STONE_WIDTH + GAP) + offset}
          y={course * (STONE_HEIGHT + GAP)}
          width={STONE_WIDTH}
          height={STONE_HEIGHT}
          rx={3}
          className={(course * 5 + place * 3) % 23 === 7 ? styles.copper : styles.stone}
          opacity={0.35 + ((course * 7 + place * 11) % 6) / 10}
        />,
      );
    }
  }
  return (
    <svg
      className={styles.wall}
      viewBox="0 0 820 245"
      preserveAspectRatio="xMinYMax slice"
      aria-hidden="true"
      focusable="false"
    >
      {stones}
    </svg>
  );
}
