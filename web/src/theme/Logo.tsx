interface LogoProps {
  size?: number;
}

/** The mark: a rampart, two merlons and a gate in copper. */
export function Logo({ size = 28 }: LogoProps) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        d="M3 6.5A1.5 1.5 0 0 1 4.5 5h4A1.5 1.5 0 0 1 10 6.5V9h3V6.5A1.5 1.5 0 0 1 14.5 5h3A1.5 1.5 0 0 1 19 6.5V9h3V6.5A1.5 1.5 0 0 1 23.5 5h4A1.5 1.5 0 0 1 29 6.5v18.25A2.25 2.25 0 0 1 26.75 27H21v-5.5a5 5 0 0 0-10 0V27H5.25A2.25 2.25 0 0 1 3 24.75Z"
        fill="var(--rp-copper, #cf7b42)"
      />
      <path d="M3 13.200h26v1.600H3z" fill="currentColor" opacity=".28" />
    </svg>
  );
}
