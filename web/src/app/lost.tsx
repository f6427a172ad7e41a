/** Pages for those who came to a place that is not there, not theirs, or broken. */
import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Compass, Lock, RotateCw, ServerCrash } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { messageOf } from "@/shared/notify";
import { EmptyState } from "@/shared/states";
import { Forbidden } from "./routes/page";

export function MissingPage() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={Compass} title={t("shell.notFound")} action={<HomeButton />}>
      {t("shell.notFoundHint")}
    </EmptyState>
  );
}

export function BrokenPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  if (error instanceof Forbidden) {
    return (
      <EmptyState icon={Lock} title={t("shell.forbidden")} action={<HomeButton />}>
        {t("shell.forbiddenHint")}
      </EmptyState>
    );
  }
  const again = () => {
    reset();
    if (error instanceof ApiError) void router.invalidate();
    else window.location.reload();
  };
  return (
    <EmptyState
      icon={ServerCrash}
      title={t("shell.broken")}
      action={
        <Button leftSection={<RotateCw size={16} aria-hidden />} onClick={again}>
          {t("shell.reload")}
        </Button>
      }
    >
      {error instanceof ApiError ? `${messageOf(error)} ${error.hint ?? ""}` : t("shell.brokenHint")}
    </EmptyState>
  );
}

function HomeButton() {
  const { t } = useTranslation();
  return (
    <Button component={Link} to="/">
      {t("shell.home")}
    </Button>
  );
}
