import { Group, NativeSelect, PasswordInput, TextInput } from '@mantine/core'
import { useWords } from '@/shared/words/language'
import type { CameraDraft } from './queries'
import { words } from './words'

const SPEECH = ['default', 'off', 'local', 'wit'] as const

interface CameraFieldsProps {
  draft: CameraDraft
  onChange: (some: Partial<CameraDraft>) => void
  findError: (field: string) => string | undefined
  isReadOnly?: boolean
  /** Its address is known: the password that is stored stays where none is typed. */
  isStored?: boolean
}

/** What people write about a camera. */
export function CameraFields({ draft, onChange, findError, isReadOnly = false, isStored = false }: CameraFieldsProps) {
  const said = useWords(words)
  return (
    <>
      <TextInput
        label={said.name}
        value={draft.name}
        maxLength={120}
        required
        readOnly={isReadOnly}
        error={findError('name')}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        label={said.site}
        description={said.siteHint}
        value={draft.site}
        maxLength={120}
        readOnly={isReadOnly}
        error={findError('site')}
        onChange={(event) => onChange({ site: event.currentTarget.value })}
      />
      <TextInput
        label={said.source}
        description={said.sourceHint}
        value={draft.source}
        required
        readOnly={isReadOnly}
        autoCapitalize="none"
        spellCheck={false}
        error={findError('source')}
        onChange={(event) => onChange({ source: event.currentTarget.value.trim() })}
      />
      {!isReadOnly && (
        <Group grow align="flex-start">
          <TextInput
            label={said.username}
            description={isStored ? said.storedHint : said.usernameHint}
            value={draft.username ?? ''}
            autoComplete="off"
            error={findError('username')}
            onChange={(event) => onChange({ username: event.currentTarget.value || null })}
          />
          <PasswordInput
            label={said.password}
            description={isStored ? said.storedHint : said.usernameHint}
            value={draft.password ?? ''}
            autoComplete="new-password"
            error={findError('password')}
            onChange={(event) => onChange({ password: event.currentTarget.value || null })}
          />
        </Group>
      )}
      <NativeSelect
        label={said.speech}
        description={said.speechHint}
        value={draft.speech ?? 'default'}
        disabled={isReadOnly}
        error={findError('speech')}
        data={SPEECH.map((each) => ({ value: each, label: said.speechMode[each] }))}
        onChange={(event) => onChange({ speech: SPEECHES[event.currentTarget.value] ?? null })}
      />
    </>
  )
}

const SPEECHES: Readonly<Record<string, CameraDraft['speech']>> = { off: 'off', local: 'local', wit: 'wit' }
