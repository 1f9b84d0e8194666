import { Button, Stack } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '@/shared/api/problem'
import { Failure } from '@/shared/ui/Failure'
import { BackLink } from '@/shared/ui/links'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import { CameraFields } from './CameraFields'
import classes from './cameras.module.css'
import { Probe } from './Probe'
import { NEW_CAMERA, useAdd } from './queries'
import { words } from './words'

/** A camera by its address, tried before it is added. */
export function AddCameraPage() {
  const said = useWords(words)
  const navigate = useNavigate()
  const [draft, setDraft] = useState(NEW_CAMERA)
  const add = useAdd()
  const findError = (field: string) => (add.error instanceof ApiProblem ? add.error.findFieldError(field) : undefined)
  return (
    <>
      <BackLink to="/cameras">{said.toList}</BackLink>
      <PageHead title={said.add} />
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate(draft, {
            onSuccess: (camera) => void navigate({ to: '/cameras/$cameraId', params: { cameraId: camera.id } }),
          })
        }}
      >
        <Stack gap="sm">
          <CameraFields draft={draft} onChange={(some) => setDraft({ ...draft, ...some })} findError={findError} />
          <Probe draft={draft} />
          {add.error && <Failure error={add.error} />}
          <Button type="submit" loading={add.isPending}>
            {said.add}
          </Button>
        </Stack>
      </form>
    </>
  )
}
