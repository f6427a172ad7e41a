import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../format";

interface MorePagesProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  /** Of the whole list. */
  total: number;
}

/** Below a list of which there is more: how long it is, and the button for its next page. */
export function MorePages({ query, total }: MorePagesProps) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (!query.hasNextPage) return null;
  return (
    <Group justify="space-between" mt="sm" gap="sm">
      <Text size="sm" c="dimmed" role="status">
        {t("list.total", { count: total, formatted: number(total) })}
      </Text>
      <Button
        variant="subtle"
        size="compact-sm"
        loading={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        {t("list.more")}
      </Button>
    </Group>
  );
}
