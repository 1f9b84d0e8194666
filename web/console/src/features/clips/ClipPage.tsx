import { Button, Group, Loader, Modal, Stack, Text, Title } from '@mantine/core'
import { IconDownload, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { SeenEvent } from '@/shared/api/events'
import { useCameraName } from '@/shared/api/names'
import { May } from '@/shared/session/May'
import { formatFootage } from '@/shared/time/format'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { BackLink } from '@/shared/ui/links'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import { AnalysisState } from './AnalysisState'
import { ClipResult } from './ClipResult'
import { formatSize } from './format'
import { clipEventsOptions, clipOptions, useDelete } from './queries'
import { saveResult } from './saveResult'
import type { Clip } from './uploads'
import { words } from './words'

const route = getRouteApi('/shell/clips/$clipId')

/** One clip, played with what was seen and heard in it. */
export function ClipPage() {
  const said = useWords(words)
  const { clipId } = route.useParams()
  const { data: clip, error, refetch } = useQuery(clipOptions(clipId))
  useEffect(() => {
    if (clip) document.title = `${clip.filename || clip.id} · InstantReact`
  }, [clip])
  return (
    <Stack gap="sm">
      <BackLink to="/clips">{said.toList}</BackLink>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!clip && !error && <Loader aria-hidden />}
      {clip && <Opened key={clip.id} clip={clip} />}
    </Stack>
  )
}

function Opened({ clip }: { clip: Clip }) {
  const { at } = route.useSearch()
  const { data: events, error, refetch } = useQuery(clipEventsOptions(clip))
  return (
    <article data-clip={clip.id} data-state={clip.state}>
      <Head clip={clip} events={events} />
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      <ClipResult clip={clip} events={events ?? []} startS={at} />
    </article>
  )
}

function Head({ clip, events }: { clip: Clip; events: SeenEvent[] | undefined }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const camera = useCameraName(clip.camera_id)
  return (
    <Group justify="space-between" align="start" gap="sm" mb="sm">
      <div>
        <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
          {clip.filename || clip.id}
        </Title>
        <Text size="sm" c="dimmed">
          <When at={clip.submitted_at} exact />
          {clip.info && ` · ${formatFootage(clip.info.duration_s)} · ${clip.info.width} × ${clip.info.height}`}
          {` · ${formatSize(clip.size_bytes, language)}`}
          {camera && ` · ${camera}`}
        </Text>
        <AnalysisState clip={clip} />
      </div>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          disabled={!events}
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => events && saveResult(clip, events)}
        >
          {said.save}
        </Button>
        <May scope="admin">
          <Delete clip={clip} />
        </May>
      </Group>
    </Group>
  )
}

function Delete({ clip }: { clip: Clip }) {
  const said = useWords(words)
  const shared = useWords(common)
  const navigate = route.useNavigate()
  const [asks, setAsks] = useState(false)
  const remove = useDelete(() => void navigate({ to: '/clips' }))
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconTrash size={16} aria-hidden />}
        onClick={() => setAsks(true)}
      >
        {said.delete}
      </Button>
      <Modal
        opened={asks}
        onClose={() => setAsks(false)}
        title={said.deleteWhat(clip.filename || clip.id)}
        closeButtonProps={{ 'aria-label': shared.close }}
      >
        <Text size="sm">{said.deleteWhy}</Text>
        <Group mt="md" justify="end">
          <Button variant="default" onClick={() => setAsks(false)}>
            {shared.cancel}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate(clip.id)}>
            {said.delete}
          </Button>
        </Group>
      </Modal>
    </>
  )
}
