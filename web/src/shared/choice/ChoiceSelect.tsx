import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ChoiceSource, type Choosable, useChoices } from "./useChoices";

const REST_MS = 250;

interface ChoiceSelectProps<T extends Choosable>
  extends Omit<
    SelectProps,
    "data" | "value" | "onChange" | "searchable" | "searchValue" | "onSearchChange" | "filter"
  > {
  source: ChoiceSource<T>;
  value: number | null;
  onChange: (id: number | null) => void;
}

/** Chooses one of any number: the server looks for what is typed. */
export function ChoiceSelect<T extends Choosable>({ source, value, onChange, ...rest }: ChoiceSelectProps<T>) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [rested] = useDebouncedValue(typed, REST_MS);
  const [chosenLabel, setChosenLabel] = useState("");
  // The input also shows what is chosen: that is no search.
  const q = rested === chosenLabel ? "" : rested.trim();
  const { options } = useChoices(source, q, value);
  const label = options.find((option) => option.value === String(value))?.label;
  if (value === null ? chosenLabel !== "" : label !== undefined && label !== chosenLabel) setChosenLabel(label ?? "");
  return (
    <Select
      allowDeselect={false}
      {...rest}
      searchable
      data={options}
      // The server has filtered.
      filter={({ options: given }) => given}
      searchValue={typed}
      onSearchChange={setTyped}
      value={value === null ? null : String(value)}
      onChange={(next) => onChange(next === null ? null : Number(next))}
      nothingFoundMessage={t("list.nothingFound")}
    />
  );
}
