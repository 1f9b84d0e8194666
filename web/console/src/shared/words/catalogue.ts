/**
 * What people read, in each language. A catalogue lies beside the feature that says it (`words.ts`):
 *
 *     export const words = catalogue({ en: { hello: 'Hello', many: (n: number) => ... }, fr: { ... } })
 *
 * A key that French lacks does not compile; `checks/words.test.ts` finds what was left in English.
 */
export type Language = 'en' | 'fr'
export const LANGUAGES: readonly Language[] = ['en', 'fr']
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', fr: 'Français' }

type Saying = string | ((...values: never[]) => string)
export type Sayings = { readonly [key: string]: Saying | Sayings }
type Translated<Original> = {
  readonly [Key in keyof Original]: Original[Key] extends string
    ? string
    : Original[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Translated<Original[Key]>
}

export interface Catalogue<Original extends Sayings> {
  readonly en: Translated<Original>
  readonly fr: Translated<Original>
}

export function catalogue<Original extends Sayings>(said: {
  en: Original
  fr: Translated<Original>
}): Catalogue<Original> {
  return said as unknown as Catalogue<Original> // what is said is what it says: only the types of functions differ
}

/** One or many: `count(3, 'camera', 'cameras')` is "3 cameras". French counts 0 as one. */
export function count(number: number, one: string, other: string): string {
  const form = new Intl.PluralRules(document.documentElement.lang || 'en').select(number)
  return `${number} ${form === 'one' ? one : other}`
}
