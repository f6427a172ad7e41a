import { Alert, Button, Code, CopyButton, Stack, Text } from "@mantine/core";
import { Check, Copy, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./Secret.module.css";

interface SecretProps {
  label: string;
  value: string;
}

/** Something that is shown once: to be copied, with a word about it. */
export function Secret({ label, value }: SecretProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Alert color="amber" icon={<TriangleAlert size={18} aria-hidden />} title={t("secret.once")}>
        {t("secret.onceHint")}
      </Alert>
      <CopyableCode label={label} value={value} />
    </Stack>
  );
}

export function CopyableCode({ label, value }: SecretProps) {
  const { t } = useTranslation();
  return (
    <div>
      <Text size="sm" fw={560} mb={4}>
        {label}
      </Text>
      <div className={styles.row}>
        <Code block className={styles.code} tabIndex={0}>
          {value}
        </Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              size="sm"
              onClick={copy}
              leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
            >
              {copied ? t("common.copied") : t("common.copy")}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}
