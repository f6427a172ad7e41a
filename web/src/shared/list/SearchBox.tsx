import { CloseButton, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./ListView.module.css";

interface SearchBoxProps {
  value: string;
  label: string;
  onChange: (value: string) => void;
}

/** Types at once, asks the server when the fingers rest. */
export function SearchBox({ value, label, onChange }: SearchBoxProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value);
  // The address changed by other means ("back", "clear filters").
  useEffect(() => setTyped(value), [value]);
  const type = (next: string) => {
    setTyped(next);
    onChange(next);
  };
  return (
    <TextInput
      type="search"
      className={styles.search}
      aria-label={label}
      placeholder={t("common.search")}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      leftSection={<Search size={16} aria-hidden />}
      rightSection={
        typed !== "" && <CloseButton size="sm" aria-label={t("list.clearSearch")} onClick={() => type("")} />
      }
    />
  );
}
