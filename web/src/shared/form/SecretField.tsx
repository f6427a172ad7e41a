import type { Control, FieldPath, FieldValues } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { PasswordField, TextAreaField } from "./fields";

interface SecretFieldProps<In extends FieldValues, Out> {
  control: Control<In, unknown, Out>;
  name: FieldPath<In>;
  label: string;
  description?: string;
  /** One is stored, and never shown again: left empty, it stays as it is. */
  stored: boolean;
  /** For a key that is a file: how it begins. */
  example?: string;
  /** A file's contents rather than a word. */
  multiline?: boolean;
}

/** A password or a key of something else than this application. */
export function SecretField<In extends FieldValues, Out>({
  stored,
  example,
  multiline = false,
  ...rest
}: SecretFieldProps<In, Out>) {
  const { t } = useTranslation();
  const placeholder = stored ? t("form.storedSecret") : example;
  if (multiline) {
    return <TextAreaField {...rest} placeholder={placeholder} autosize minRows={3} maxRows={8} spellCheck={false} />;
  }
  // Not "off": browsers then offer the password of this application.
  return <PasswordField {...rest} placeholder={placeholder} autoComplete="new-password" />;
}
