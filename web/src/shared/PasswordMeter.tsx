import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import styles from "./PasswordMeter.module.css";

/** The server's rule: what is shorter is refused. */
export const LEAST_PASSWORD_CHARACTERS = 10;

type Strength = "short" | "fair" | "good" | "strong";
const STEPS: Record<Strength, number> = { short: 1, fair: 2, good: 3, strong: 4 };

/** Length is what counts; a few different characters repeated are not long. */
export function strengthOf(password: string): Strength {
  const characters = [...password].length;
  if (characters < LEAST_PASSWORD_CHARACTERS) return "short";
  const different = new Set(password).size;
  const effective = Math.min(characters, different * 2);
  if (effective >= 20) return "strong";
  return effective >= 14 ? "good" : "fair";
}

export function PasswordMeter({ password }: { password: string }) {
  const { t } = useTranslation();
  if (password === "") return null;
  const strength = strengthOf(password);
  return (
    <div className={styles.meter} data-strength={strength}>
      <div className={styles.bars} aria-hidden>
        {[1, 2, 3, 4].map((step) => (
          <span key={step} data-on={step <= STEPS[strength] || undefined} />
        ))}
      </div>
      <Text size="xs" className={styles.word} role="status">
        {t(`setup.strength.${strength}`)}
      </Text>
    </div>
  );
}
