import { notifications } from "@mantine/notifications";
import { CircleAlert, CircleCheck } from "lucide-react";
import { ApiError } from "@/api/errors";
import { i18n } from "@/i18n/i18n";

/** What went wrong and what to do next, in a corner of the page until it is read. */
export function showError(error: unknown): void {
  const hint = error instanceof ApiError ? error.hint : null;
  notifications.show({
    color: "brick",
    icon: <CircleAlert size={18} aria-hidden />,
    title: messageOf(error),
    message: hint ?? "",
    autoClose: 12_000,
    role: "alert",
  });
}

export function showSuccess(message: string, detail = ""): void {
  notifications.show({
    color: "moss",
    icon: <CircleCheck size={18} aria-hidden />,
    title: message,
    message: detail,
    autoClose: 4_000,
  });
}

/** A sentence for people. Only the server's own sentences are shown as they are. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : i18n.t("errors.bug");
}
