import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  Modal,
  Paper,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { CircleX, Copy, Download, KeyRound, Printer } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { RecoveryKit, Repository } from "@/api/types";
import { useConfirmKit, useRecoveryKit } from "./queries";

interface RecoveryKitStepsProps {
  repository: Pick<Repository, "id" | "name">;
  onConfirmed: () => void;
}

/** The one thing that restores when this server is gone: shown, kept by the person, and confirmed by what stands in it. */
export function RecoveryKitSteps({ repository, onConfirmed }: RecoveryKitStepsProps) {
  const { t } = useTranslation();
  const kit = useRecoveryKit();
  const asked = useRef(false);
  const fetchKit = kit.mutate;
  useEffect(() => {
    // Each kit is issued once: asking twice would make the first one void.
    if (asked.current) return;
    asked.current = true;
    fetchKit(repository.id);
  }, [fetchKit, repository.id]);

  if (kit.error) {
    return (
      <Alert
        color="brick"
        role="alert"
        icon={<CircleX size={18} aria-hidden />}
        title={kit.error instanceof ApiError ? kit.error.message : t("errors.bug")}
      >
        <Text size="sm">{kit.error instanceof ApiError ? kit.error.hint : null}</Text>
        <Button mt="xs" size="compact-sm" variant="default" onClick={() => fetchKit(repository.id)}>
          {t("common.retry")}
        </Button>
      </Alert>
    );
  }
  if (!kit.data) return <Skeleton height={260} aria-label={t("common.loading")} />;
  return <KeepAndConfirm kit={kit.data} repository={repository} onConfirmed={onConfirmed} />;
}

function KeepAndConfirm({ kit, repository, onConfirmed }: RecoveryKitStepsProps & { kit: RecoveryKit }) {
  const { t } = useTranslation();
  const confirm = useConfirmKit(repository.id);
  const [code, setCode] = useState("");
  const [apart, setApart] = useState(false);
  const [complained, setComplained] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!apart || code.trim() === "") {
      setComplained(true);
      return;
    }
    confirm.mutate(code.trim(), { onSuccess: onConfirmed });
  };
  const refused = confirm.error instanceof ApiError ? confirm.error : null;
  const codeError = refused
    ? `${refused.message} ${refused.hint ?? ""}`
    : complained && code.trim() === ""
      ? t("repositories.kit.codeMissing")
      : null;

  return (
    <Stack gap="md">
      <Alert color="amber" icon={<KeyRound size={18} aria-hidden />} title={t("repositories.kit.title")}>
        <Text size="sm">{t("repositories.kit.why")}</Text>
      </Alert>
      <Paper withBorder p="md">
        <Stack gap={6}>
          <Field label={t("repositories.kit.location")} value={kit.location} />
          <Field label={t("repositories.kit.password")} value={kit.password} />
          <Field label={t("repositories.kit.code")} value={kit.confirmationCode} />
        </Stack>
        <Group mt="md" gap="xs">
          <Button leftSection={<Download size={16} aria-hidden />} onClick={() => save(kit, repository.name)}>
            {t("repositories.kit.download")}
          </Button>
          <Button
            variant="default"
            leftSection={<Printer size={16} aria-hidden />}
            onClick={() => print(kit, repository.name)}
          >
            {t("repositories.kit.print")}
          </Button>
          <CopyButton value={kit.text}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<Copy size={16} aria-hidden />} onClick={copy}>
                {copied ? t("common.copied") : t("common.copy")}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Paper>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Checkbox
            label={t("repositories.kit.apart")}
            checked={apart}
            error={complained && !apart ? t("repositories.kit.apartMissing") : null}
            onChange={({ currentTarget }) => setApart(currentTarget.checked)}
          />
          <TextInput
            label={t("repositories.kit.typeCode")}
            description={t("repositories.kit.typeCodeWhy")}
            value={code}
            error={codeError}
            autoComplete="off"
            spellCheck={false}
            maw={320}
            onChange={({ currentTarget }) => setCode(currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={confirm.isPending}>
              {t("repositories.kit.confirm")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}

function Field({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Code fz="sm" style={{ overflowWrap: "anywhere" }}>
        {value}
      </Code>
    </div>
  );
}

function save(kit: RecoveryKit, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([kit.text], { type: "text/plain;charset=utf-8" }));
  link.download = `rempart-recovery-kit-${name.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function print(kit: RecoveryKit, name: string): void {
  const sheet = window.open("", "_blank", "width=800,height=900");
  if (!sheet) {
    save(kit, name);
    return;
  }
  sheet.document.title = name;
  const text = sheet.document.createElement("pre");
  text.style.cssText = "font: 13px/1.5 monospace; white-space: pre-wrap; margin: 2rem";
  text.textContent = kit.text;
  sheet.document.body.append(text);
  sheet.print();
}

interface RecoveryKitDialogProps extends Omit<RecoveryKitStepsProps, "onConfirmed"> {
  opened: boolean;
  onClose: () => void;
  onConfirmed?: () => void;
}

export function RecoveryKitDialog({ repository, opened, onClose, onConfirmed }: RecoveryKitDialogProps) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      fullScreen={narrow}
      closeOnClickOutside={false}
      title={t("repositories.kit.of", { name: repository.name })}
    >
      {opened && (
        <RecoveryKitSteps
          repository={repository}
          onConfirmed={() => {
            onConfirmed?.();
            onClose();
          }}
        />
      )}
    </Modal>
  );
}
