import { Alert, Button, Text } from "@mantine/core";
import { CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { messageOf } from "@/shared/notify";

/** What the server refused, and what to do next; nothing where nothing was refused. */
export function Refusal({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  if (!error) return null;
  const hint = error instanceof ApiError ? error.hint : null;
  return (
    <Alert color="brick" role="alert" icon={<CircleX size={18} aria-hidden />} title={messageOf(error)}>
      {hint && <Text size="sm">{hint}</Text>}
      {onRetry && (
        <Button mt="xs" size="compact-sm" variant="default" onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
    </Alert>
  );
}
