import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { type Catalogue, LANGUAGES, type Language, type Sayings } from './catalogue'

const KEPT_AS = 'instantreact-language'

interface LanguageChoice {
  language: Language
  choose: (language: Language) => void
}

const LanguageContext = createContext<LanguageChoice>({ language: 'en', choose: () => undefined })

export function findLanguage(kept: string | null, preferred: readonly string[]): Language {
  const asked = [kept ?? '', ...preferred].map((each) => each.slice(0, 2).toLowerCase())
  return asked.map((each) => LANGUAGES.find((language) => language === each)).find(Boolean) ?? 'en'
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, choose] = useState(() => findLanguage(localStorage.getItem(KEPT_AS), navigator.languages))
  document.documentElement.lang = language // before anything is said: plurals ask for it
  useEffect(() => localStorage.setItem(KEPT_AS, language), [language])
  const choice = useMemo(() => ({ language, choose }), [language])
  return <LanguageContext value={choice}>{children}</LanguageContext>
}

export function useLanguage(): LanguageChoice {
  return useContext(LanguageContext)
}

/** The words of a catalogue in the language that is spoken now. */
export function useWords<Original extends Sayings>(words: Catalogue<Original>): Catalogue<Original>['en'] {
  return words[useLanguage().language]
}
