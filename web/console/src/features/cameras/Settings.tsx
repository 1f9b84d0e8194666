import { Button, Stack, Switch } from '@mantine/core'
import { useState } from 'react'
import { ApiProblem } from '@/shared/api/problem'
import { Failure } from '@/shared/ui/Failure'
import { tell } from '@/shared/ui/notify'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { CameraFields } from './CameraFields'
import { Probe } from './Probe'
import { type Camera, type CameraDraft, toDraft, useChange } from './queries'
import { Section } from './Section'
import { words } from './words'

/** What a camera is called, where it is found, and whether it is watched and listened to. */
export function Settings({ camera, mayChange }: { camera: Camera; mayChange: boolean }) {
  const said = useWords(words)
  const shared = useWords(common)
  const [changed, setChanged] = useState<Partial<CameraDraft>>({})
  const change = useChange(camera.id)
  const draft = { ...toDraft(camera), ...changed }
  const put = (some: Partial<CameraDraft>) => setChanged({ ...changed, ...some })
  const save = () =>
    change.mutate(changed, {
      onSuccess: () => {
        setChanged({})
        tell(said.saved)
      },
    })
  const findError = (field: string) =>
    change.error instanceof ApiProblem ? change.error.findFieldError(field) : undefined
  const reach = 'source' in changed || 'username' in changed || 'password' in changed
  return (
    <Section title={said.settings}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <Stack gap="sm">
          <CameraFields draft={draft} onChange={put} isReadOnly={!mayChange} findError={findError} isStored />
          <Switch
            label={said.enabled}
            checked={draft.enabled}
            disabled={!mayChange}
            onChange={(event) => put({ enabled: event.currentTarget.checked })}
          />
          {mayChange && reach && <Probe draft={draft} />}
          {change.error && <Failure error={change.error} />}
          {mayChange && (
            <Button type="submit" disabled={Object.keys(changed).length === 0} loading={change.isPending}>
              {shared.save}
            </Button>
          )}
        </Stack>
      </form>
    </Section>
  )
}
