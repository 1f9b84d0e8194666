import { BackLink } from '@/shared/ui/links'
import { useWords } from '@/shared/words/language'
import { words } from './words'

export function ToList() {
  const said = useWords(words)
  return <BackLink to="/recipients">{said.toList}</BackLink>
}
