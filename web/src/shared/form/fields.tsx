/** Mantine's inputs bound to a form's fields by name; names are checked by type. */
import {
  Checkbox,
  type CheckboxProps,
  NativeSelect,
  type NativeSelectProps,
  NumberInput,
  type NumberInputProps,
  PasswordInput,
  type PasswordInputProps,
  Select,
  type SelectProps,
  Switch,
  type SwitchProps,
  TagsInput,
  type TagsInputProps,
  Textarea,
  type TextareaProps,
  TextInput,
  type TextInputProps,
} from "@mantine/core";
import { type Control, type FieldPath, type FieldValues, useController } from "react-hook-form";
import { useTranslation } from "react-i18next";

interface Bound<In extends FieldValues, Out> {
  control: Control<In, unknown, Out>;
  name: FieldPath<In>;
}

type Free<P> = Omit<
  P,
  "name" | "value" | "defaultValue" | "onChange" | "onBlur" | "error" | "checked" | "ref" | "form"
>;

export function TextField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<TextInputProps>) {
  const { field, fieldState } = useController({ control, name });
  return <TextInput {...rest} {...field} value={field.value ?? ""} error={fieldState.error?.message} />;
}

export function TextAreaField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<TextareaProps>) {
  const { field, fieldState } = useController({ control, name });
  return <Textarea {...rest} {...field} value={field.value ?? ""} error={fieldState.error?.message} />;
}

export function PasswordField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<PasswordInputProps>) {
  const { t } = useTranslation();
  const { field, fieldState } = useController({ control, name });
  const error = fieldState.error?.message;
  // Mantine says it of its other inputs by itself.
  return (
    <PasswordInput
      {...rest}
      {...field}
      value={field.value ?? ""}
      error={error}
      aria-invalid={error !== undefined}
      visibilityToggleButtonProps={{ "aria-label": t("form.togglePassword") }}
    />
  );
}

export function NumberField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<NumberInputProps>) {
  const { field, fieldState } = useController({ control, name });
  return <NumberInput {...rest} {...field} value={field.value ?? ""} error={fieldState.error?.message} />;
}

export function SelectField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<SelectProps>) {
  const { field, fieldState } = useController({ control, name });
  return (
    <Select allowDeselect={false} {...rest} {...field} value={field.value ?? null} error={fieldState.error?.message} />
  );
}

export function SwitchField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<SwitchProps>) {
  const { field, fieldState } = useController({ control, name });
  const { value, ...bound } = field;
  return <Switch {...rest} {...bound} checked={value === true} error={fieldState.error?.message} />;
}

export function CheckboxField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<CheckboxProps>) {
  const { field, fieldState } = useController({ control, name });
  const { value, ...bound } = field;
  return <Checkbox {...rest} {...bound} checked={value === true} error={fieldState.error?.message} />;
}

/** For a few values that need no search: the browser's own list, which phones show well. */
export function NativeSelectField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<NativeSelectProps>) {
  const { field, fieldState } = useController({ control, name });
  return <NativeSelect {...rest} {...field} value={field.value ?? ""} error={fieldState.error?.message} />;
}

export function TagsField<In extends FieldValues, Out>({
  control,
  name,
  ...rest
}: Bound<In, Out> & Free<TagsInputProps>) {
  const { field, fieldState } = useController({ control, name });
  return <TagsInput {...rest} {...field} value={field.value ?? []} error={problemOf(fieldState.error)} />;
}

/** The complaint about a value, or about the first bad part of it: a list's entry, an object's member. */
export function problemOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const message: unknown = Reflect.get(error, "message");
  if (typeof message === "string") return message;
  // `ref` is the input in the document.
  const parts = Object.entries(error).filter(([key]) => key !== "ref");
  return parts.map(([, part]) => problemOf(part)).find((found) => found !== undefined);
}
