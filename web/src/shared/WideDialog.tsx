import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNarrow } from "./useNarrow";

interface WideDialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: "lg" | "xl";
  /** Begins anew each time the dialog opens. */
  children: ReactNode;
}

/** A dialog for more than a question: it fills a phone, and a click beside it takes nothing back that was typed. */
export function WideDialog({ opened, onClose, title, size = "lg", children }: WideDialogProps) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      fullScreen={narrow}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {opened && children}
    </Modal>
  );
}
