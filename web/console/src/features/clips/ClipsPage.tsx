import { Loader, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { flatten, useOnEnd } from '@/shared/api/lists'
import { useMay } from '@/shared/session/session'
import { Choice } from '@/shared/ui/Choice'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { FullHeight } from '@/shared/ui/FullHeight'
import { LiveList } from '@/shared/ui/LiveList'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import { ClipRow } from './ClipRow'
import { DropZone } from './DropZone'
import { type ClipState, clipsOptions, useClipsNews } from './queries'
import { UploadRows } from './UploadRows'
import { words } from './words'

const ROW_PX = 72
const FILTERS = ['all', 'analyzing', 'analyzed', 'failed'] as const

const route = getRouteApi('/shell/clips')

/** Files that were sent in, and where one sends them. */
export function ClipsPage() {
  const said = useWords(words)
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  const mayUpload = useMay('ingest')
  useClipsNews()
  const page = (
    <FullHeight>
      <PageHead title={said.title}>
        <Choice
          label={said.show}
          value={state ?? 'all'}
          onChoose={(chosen) => void navigate({ search: chosen === 'all' ? {} : { state: chosen }, replace: true })}
          choices={FILTERS.map((each) => ({ value: each, label: said.filter[each] }))}
        />
      </PageHead>
      <UploadRows />
      <Clips state={state} />
    </FullHeight>
  )
  return mayUpload ? <DropZone>{page}</DropZone> : page
}

function Clips({ state }: { state: ClipState | undefined }) {
  const said = useWords(words)
  const mayUpload = useMay('ingest')
  const list = useInfiniteQuery(clipsOptions(state))
  const onEnd = useOnEnd(list)
  if (list.isPending) return <Loader aria-hidden />
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />
  const clips = flatten(list.data)
  if (clips.length === 0) return <Empty title={said.none}>{mayUpload && <Text>{said.noneWhy}</Text>}</Empty>
  return (
    <LiveList
      items={clips}
      label={said.list}
      rowPx={ROW_PX}
      sayNew={said.newOnes}
      onEnd={onEnd}
      render={(clip) => <ClipRow listed={clip} />}
    />
  )
}
