import {
  Alert,
  Anchor,
  Button,
  Group,
  Modal,
  NativeSelect,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { HardDrive } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Repository } from "@/api/types";
import { poolChoicesQuery } from "@/features/pools/queries";
import { fieldRefusal, Refusal } from "@/features/Refusal";
import { serverChoicesQuery } from "@/features/servers/queries";
import { useCreateRepository } from "./queries";
import { RecoveryKitSteps } from "./RecoveryKitSteps";

interface RepositoryFormProps {
  opened: boolean;
  onClose: () => void;
  onDone: (repository: Repository) => void;
  poolId?: number;
}

/** A new repository, or one that is there already; its recovery kit belongs to its making. */
export function RepositoryForm({ opened, onClose, onDone, poolId }: RepositoryFormProps) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  const [made, setMade] = useState<Repository | null>(null);
  const leave = () => {
    if (made) onDone(made);
    setMade(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={leave}
      size="lg"
      fullScreen={narrow}
      closeOnClickOutside={false}
      title={made ? t("repositories.kit.of", { name: made.name }) : t("repositories.create")}
    >
      {opened && !made && <RepositoryFields poolId={poolId} onMade={setMade} onCancel={onClose} />}
      {opened && made && (
        <Stack gap="md">
          <RecoveryKitSteps repository={made} onConfirmed={leave} />
          <Text size="sm" c="dimmed">
            {t("repositories.kit.laterWhy")}{" "}
            <Anchor component="button" type="button" size="sm" onClick={leave}>
              {t("repositories.kit.later")}
            </Anchor>
          </Text>
        </Stack>
      )}
    </Modal>
  );
}

interface RepositoryFieldsProps {
  poolId?: number;
  onMade: (repository: Repository) => void;
  onCancel: () => void;
}

function RepositoryFields({ poolId, onMade, onCancel }: RepositoryFieldsProps) {
  const { t } = useTranslation();
  const pools = useQuery(poolChoicesQuery()).data?.items ?? null;
  const servers = useQuery(serverChoicesQuery()).data?.items ?? [];
  const create = useCreateRepository();
  const [mode, setMode] = useState<"create" | "adopt">("create");
  const [name, setName] = useState("");
  const [pool, setPool] = useState<number | null>(poolId ?? null);
  const [server, setServer] = useState<number | null>(null);
  const [password, setPassword] = useState("");
  const [complained, setComplained] = useState(false);
  const poolChosen = pool ?? pools?.[0]?.id ?? null;
  const serverChosen = server ?? servers[0]?.id ?? null;

  if (pools?.length === 0) {
    return (
      <Alert icon={<HardDrive size={18} aria-hidden />} title={t("repositories.poolFirst")}>
        <Anchor component={Link} to="/pools">
          {t("repositories.poolFirstLink")}
        </Anchor>
      </Alert>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const incomplete = name.trim() === "" || (mode === "adopt" && password === "");
    setComplained(incomplete);
    if (incomplete || poolChosen === null || serverChosen === null) return;
    create.mutate(
      {
        name: name.trim(),
        poolId: poolChosen,
        serverId: serverChosen,
        adoptPassword: mode === "adopt" ? password : null,
      },
      { onSuccess: onMade },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <SegmentedControl
          aria-label={t("repositories.create")}
          value={mode}
          onChange={(value) => setMode(value as "create" | "adopt")}
          data={[
            { value: "create", label: t("repositories.new") },
            { value: "adopt", label: t("repositories.adopt") },
          ]}
        />
        <Text size="sm" c="dimmed">
          {mode === "create" ? t("repositories.newWhy") : t("repositories.adoptWhy")}
        </Text>
        <TextInput
          label={t("common.name")}
          withAsterisk
          data-autofocus
          maxLength={100}
          value={name}
          error={fieldRefusal(create.error, "name") ?? (complained && name.trim() === "" ? t("form.required") : null)}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Group grow>
          <NativeSelect
            label={t("repositories.pool")}
            value={String(poolChosen ?? "")}
            onChange={({ currentTarget }) => setPool(Number(currentTarget.value))}
            data={(pools ?? []).map((item) => ({ value: String(item.id), label: item.name }))}
          />
          <NativeSelect
            label={t("repositories.server")}
            value={String(serverChosen ?? "")}
            onChange={({ currentTarget }) => setServer(Number(currentTarget.value))}
            data={servers.map((item) => ({ value: String(item.id), label: item.name }))}
          />
        </Group>
        {mode === "adopt" && (
          <PasswordInput
            label={t("repositories.password")}
            description={t("repositories.passwordWhy")}
            withAsterisk
            autoComplete="off"
            value={password}
            error={
              fieldRefusal(create.error, "adoptPassword") ?? (complained && password === "" ? t("form.required") : null)
            }
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
          />
        )}
        {!fieldRefusal(create.error, "name") && !fieldRefusal(create.error, "adoptPassword") && (
          <Refusal error={create.error} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {mode === "create" ? t("common.create") : t("repositories.adopt")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
