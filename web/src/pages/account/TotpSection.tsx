import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ShieldCheck, ShieldOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { TotpStart } from "@/api/types";
import { meQuery, useMe } from "@/app/session";
import { Section } from "@/shared/Section";
import { StatusBadge } from "@/shared/StatusBadge";
import { TotpDialog } from "./TotpDialog";
import styles from "./TotpSection.module.css";
import { TotpStopDialog } from "./TotpStopDialog";

/** The second step of the login: on, off, and how to turn it on. */
export function TotpSection() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { user } = useMe();
  const [started, setStarted] = useState<TotpStart | null>(null);
  const [stopping, setStopping] = useState(false);
  const start = useMutation({
    mutationFn: () => ask(api.POST("/api/auth/totp")),
    onSuccess: setStarted,
  });
  const finish = async () => {
    setStarted(null);
    await client.invalidateQueries({ queryKey: meQuery.queryKey });
  };

  return (
    <Section
      title={t("account.totpTitle")}
      hint={t(user.totpEnabled ? "account.totpOn" : "account.totpOff")}
      aside={
        user.totpEnabled ? (
          <StatusBadge face={{ tone: "ok", icon: ShieldCheck }} label={t("account.totpActive")} />
        ) : (
          <StatusBadge face={{ tone: "idle", icon: ShieldOff }} label={t("account.totpInactive")} />
        )
      }
    >
      {user.totpEnabled ? (
        <Button className={styles.button} variant="default" onClick={() => setStopping(true)}>
          {t("account.totpStop")}
        </Button>
      ) : (
        <Button className={styles.button} loading={start.isPending} onClick={() => start.mutate()}>
          {t("account.totpStart")}
        </Button>
      )}
      <TotpDialog start={started} onClose={() => setStarted(null)} onDone={() => void finish()} />
      <TotpStopDialog opened={stopping} onClose={() => setStopping(false)} />
    </Section>
  );
}
