import { Alert, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { CalendarClock, CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { schedulePreviewQuery } from "@/features/plans/queries";
import { currentLanguage } from "@/i18n/i18n";
import { Time } from "@/shared/Time";
import { useCronInWords } from "./describe";
import { dateTimeIn } from "./zone";

/** A schedule in words, and its next fire times as the scheduler computes them: in its own zone, and in the reader's. */
export function NextRuns({ cron, timeZone }: { cron: string; timeZone: string }) {
  const { t } = useTranslation();
  const [asked] = useDebouncedValue(cron.trim(), 300);
  const words = useCronInWords(asked);
  const preview = useQuery({ ...schedulePreviewQuery(asked, timeZone), enabled: asked !== "" });

  if (preview.error) {
    const { message, hint } =
      preview.error instanceof ApiError ? preview.error : { message: t("errors.bug"), hint: null };
    return (
      <Alert color="brick" icon={<CircleAlert size={18} aria-hidden />} title={message} role="alert">
        {hint}
      </Alert>
    );
  }
  return (
    <Stack gap={6} aria-live="polite">
      <Group gap="xs" wrap="nowrap">
        <CalendarClock size={16} aria-hidden style={{ flex: "none" }} />
        <Text size="sm" fw={550}>
          {words ?? t("schedule.described", { cron: asked })}
        </Text>
      </Group>
      {preview.data ? (
        <List size="sm" spacing={2} listStyleType="none" withPadding={false}>
          {preview.data.runs.map((at) => (
            <List.Item key={at}>
              <Text size="sm" c="dimmed" span>
                {dateTimeIn(at, timeZone, currentLanguage())} · <Time at={at} />
              </Text>
            </List.Item>
          ))}
        </List>
      ) : (
        <Skeleton height={90} aria-hidden />
      )}
    </Stack>
  );
}
