import type { Field, Value } from '../kinds/kind';
import { nameOf } from '../kinds/policies';
import { t } from './i18n.svelte';

/** A value as a reader of a diff wants it. */
export function shown(field: Field, value: Value | undefined): string {
  if (field.type === 'secret') return value ? t('value.secret') : t('value.empty');
  const option = field.options?.find((one) => one.value === value);
  if (option) return t(option.label);
  if (typeof value === 'boolean') return value ? t('value.on') : t('value.off');
  if (Array.isArray(value)) return value.length ? value.join(', ') : t('value.empty');
  if (field.name === 'policy') return value ? nameOf(String(value)) : t('user.automatic');
  return value === null || value === undefined || value === '' ? t('value.empty') : String(value);
}
