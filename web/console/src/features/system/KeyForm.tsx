import { Button, Checkbox, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { View } from '@/shared/api/client'
import { camerasOptions } from '@/shared/api/names'
import { ApiProblem } from '@/shared/api/problem'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { useMakeKey } from './queries'
import classes from './system.module.css'
import { words } from './words'

const SCOPES = ['read', 'ingest', 'operate', 'admin'] as const
const LIVES_DAYS = ['', '30', '90', '365'] as const
const DAY_MS = 86_400_000

/** A key by its name, what it is good for, for which cameras, and until when. */
export function KeyForm({ onMade }: { onMade: (made: View<'NewKeyView'>) => void }) {
  const said = useWords(words)
  const make = useMakeKey()
  const [scopes, setScopes] = useState<string[]>(['read'])
  const [cameras, setCameras] = useState<string[]>([])
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const days = Number(given.get('days') ?? 0)
    const body = {
      name: String(given.get('name') ?? ''),
      scopes: SCOPES.filter((each) => scopes.includes(each)),
      site_ids: null,
      camera_ids: cameras.length > 0 ? cameras : null,
      expires_at: days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null,
    }
    const reset = (made: View<'NewKeyView'>) => {
      form.reset()
      setCameras([])
      onMade(made)
    }
    make.mutate(body, { onSuccess: reset })
  }
  const wrong = make.error instanceof ApiProblem ? make.error.findFieldError('name') : undefined
  return (
    <form className={classes.form} onSubmit={send}>
      <TextInput name="name" label={said.keyName} description={said.keyHint} required maxLength={120} error={wrong} />
      <Checkbox.Group label={said.scopes} value={scopes} onChange={setScopes}>
        <Stack gap={6} mt={4}>
          {SCOPES.map((each) => (
            <Checkbox key={each} value={each} label={said.scope[each]} />
          ))}
        </Stack>
      </Checkbox.Group>
      <ForCameras chosen={cameras} onChoose={setCameras} />
      <NativeSelect
        name="days"
        label={said.life}
        data={LIVES_DAYS.map((each) => ({ value: each, label: each ? said.days(Number(each)) : said.forGood }))}
      />
      {make.isError && !wrong && <Failure error={make.error} />}
      <Group>
        <Button type="submit" loading={make.isPending} disabled={scopes.length === 0}>
          {said.makeKey}
        </Button>
      </Group>
    </form>
  )
}

interface ForCamerasProps {
  chosen: string[]
  onChoose: (ids: string[]) => void
}

function ForCameras({ chosen, onChoose }: ForCamerasProps) {
  const said = useWords(words)
  const { data: cameras } = useQuery(camerasOptions)
  if (!cameras?.length) return null
  return (
    <details>
      <summary>{chosen.length > 0 ? said.onlyCameras(chosen.length) : said.everyCamera}</summary>
      <Checkbox.Group label={said.onlyThese} value={chosen} onChange={onChoose}>
        <Stack gap={6} mt={4}>
          {cameras.map((each) => (
            <Checkbox key={each.id} value={each.id} label={each.name} />
          ))}
        </Stack>
      </Checkbox.Group>
    </details>
  )
}
