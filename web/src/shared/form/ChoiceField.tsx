import type { SelectProps } from "@mantine/core";
import { type Control, type FieldPath, type FieldValues, useController } from "react-hook-form";
import { ChoiceSelect } from "../choice/ChoiceSelect";
import type { ChoiceSource, Choosable } from "../choice/useChoices";

interface ChoiceFieldProps<In extends FieldValues, Out, T extends Choosable>
  extends Omit<SelectProps, "name" | "data" | "value" | "defaultValue" | "onChange" | "onBlur" | "error" | "form"> {
  control: Control<In, unknown, Out>;
  /** Of a field that holds an id, or `null`. */
  name: FieldPath<In>;
  source: ChoiceSource<T>;
}

/** `ChoiceSelect` bound to a form's field. */
export function ChoiceField<In extends FieldValues, Out, T extends Choosable>({
  control,
  name,
  ...rest
}: ChoiceFieldProps<In, Out, T>) {
  const { field, fieldState } = useController({ control, name });
  const { ref, value, ...bound } = field;
  return <ChoiceSelect {...rest} {...bound} ref={ref} value={value ?? null} error={fieldState.error?.message} />;
}
