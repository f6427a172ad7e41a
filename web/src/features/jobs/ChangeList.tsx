import { ScrollArea, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/shared/format";

const ACTIONS = ["create", "replace", "update", "describe", "keep", "delete"] as const;
type Action = (typeof ACTIONS)[number];

interface Change {
  path: string;
  action: string;
  sizeBytes: number;
}

/** What a restore does to each entry, or would do: the report names the first thousand. */
export function ChangeList({ result }: { result: unknown }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const changes = changesOf(result);
  if (changes.length === 0) return null;
  return (
    <div>
      <Text fw={600} size="sm" mb={4}>
        {t("restore.changes")}
      </Text>
      <ScrollArea.Autosize mah={260} viewportProps={{ role: "group", tabIndex: 0, "aria-label": t("restore.changes") }}>
        <Table verticalSpacing={4} fz="xs">
          <Table.Tbody>
            {changes.map((change) => (
              <Table.Tr key={`${change.action} ${change.path}`}>
                <Table.Td w="8rem" fw={550}>
                  {ACTIONS.some((known) => known === change.action)
                    ? t(`restore.action.${change.action as Action}`)
                    : change.action}
                </Table.Td>
                <Table.Td ff="monospace" style={{ overflowWrap: "anywhere" }}>
                  {change.path}
                </Table.Td>
                <Table.Td ta="end">{change.sizeBytes > 0 ? bytes(change.sizeBytes) : ""}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </div>
  );
}

function changesOf(result: unknown): Change[] {
  if (typeof result !== "object" || result === null) return [];
  const list: unknown = Reflect.get(result, "changes");
  return Array.isArray(list) ? list.filter(isChange) : [];
}

function isChange(value: unknown): value is Change {
  return typeof value === "object" && value !== null && "path" in value && "action" in value && "sizeBytes" in value;
}
