import { Button, Group, PasswordInput, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import type { View } from '@/shared/api/client'
import { camerasOptions } from '@/shared/api/names'
import { ApiProblem } from '@/shared/api/problem'
import { Failure } from '@/shared/ui/Failure'
import { Picture } from '@/shared/ui/Picture'
import { useWords } from '@/shared/words/language'
import { type Source, useAddCamera, useProbe } from './queries'
import classes from './start.module.css'
import { words } from './words'

const EXAMPLE = 'rtsp://192.168.1.20:554/stream1'

/** Cameras that are there with how they do, and a form for one more, which is tried before it is added. */
export function CameraStep() {
  const { data: cameras } = useQuery(camerasOptions)
  return (
    <>
      {cameras && cameras.length > 0 && (
        <ul className={classes.list}>
          {cameras.map((camera) => (
            <Standing key={camera.id} camera={camera} />
          ))}
        </ul>
      )}
      <CameraForm number={(cameras?.length ?? 0) + 1} />
    </>
  )
}

function Standing({ camera }: { camera: View<'CameraView'> }) {
  const said = useWords(words)
  return (
    <li>
      <Text size="sm">
        {`${camera.name}: ${said.camera[camera.live.state]}`}
        {camera.live.state === 'lost' && camera.live.last_error && ` (${camera.live.last_error})`}
      </Text>
    </li>
  )
}

function CameraForm({ number }: { number: number }) {
  const said = useWords(words)
  const [typed, setTyped] = useState<string>()
  const name = typed ?? said.cameraName(number)
  const form = useRef<HTMLFormElement>(null)
  const navigate = useNavigate()
  const probe = useProbe()
  const add = useAddCamera()
  const change = () => probe.reset() // what was tried is not what stands here now
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (form.current) probe.mutate(readSource(form.current))
  }
  const addIt = () => {
    if (!probe.variables) return
    add.mutate({ ...probe.variables, name }, { onSuccess: () => navigate({ to: '/start', search: {} }) })
  }
  const wrong = probe.error instanceof ApiProblem ? probe.error.problem.errors?.[0]?.message : undefined
  return (
    <form ref={form} className={classes.form} onSubmit={send} onChange={change}>
      <TextInput
        name="source"
        label={said.source}
        description={said.sourceHint}
        placeholder={EXAMPLE}
        autoComplete="off"
        inputMode="url"
        required
        error={wrong}
      />
      <Group grow align="flex-start" wrap="wrap" preventGrowOverflow={false}>
        <TextInput name="username" label={said.username} autoComplete="off" />
        <PasswordInput name="password" label={said.password} autoComplete="off" />
      </Group>
      {probe.error && !wrong && <Failure error={probe.error} />}
      {probe.data ? (
        <Found found={probe.data}>
          <TextInput
            label={said.nameOfCamera}
            value={name}
            onChange={(event) => {
              event.stopPropagation()
              setTyped(event.currentTarget.value)
            }}
            required
            maxLength={120}
          />
          {add.error && <Failure error={add.error} />}
          <Button loading={add.isPending} disabled={!name.trim()} onClick={addIt}>
            {said.addCamera}
          </Button>
        </Found>
      ) : (
        <Button type="submit" loading={probe.isPending}>
          {said.probe}
        </Button>
      )}
      {probe.isPending && <Text size="sm">{said.probing}</Text>}
    </form>
  )
}

function readSource(form: HTMLFormElement): Source {
  const given = new FormData(form)
  const read = (name: string) => String(given.get(name) ?? '').trim() || null
  return { source: read('source') ?? '', username: read('username'), password: read('password') }
}

function Found({ found, children }: { found: View<'ProbeView'>; children: ReactNode }) {
  const said = useWords(words)
  const { width, height } = found
  return (
    <>
      <Picture src={found.snapshot} alt={said.firstPicture} ratio={width / height} />
      <Text size="sm" role="status">
        {said.sends(width, height, found.video_codec, found.audio_codec !== null)}
      </Text>
      {children}
    </>
  )
}
