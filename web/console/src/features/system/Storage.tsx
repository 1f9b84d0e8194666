import { Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { View } from '@/shared/api/client'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { useLanguage, useWords } from '@/shared/words/language'
import { formatBytes } from './formatBytes'
import { retentionOptions } from './queries'
import classes from './system.module.css'
import { words } from './words'

/** What is kept, for how long, and how much room it takes. */
export function Storage() {
  const said = useWords(words)
  const { language } = useLanguage()
  const { data, error, refetch } = useQuery(retentionOptions)
  if (error) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Loader aria-hidden />
  const bytes = (value: number) => formatBytes(value, language)
  return (
    <Stack gap="sm">
      <Text size="sm">{data.max_bytes === null ? said.noLimit : said.limit(bytes(data.max_bytes))}</Text>
      <Text size="sm">{said.free(bytes(data.free_bytes))}</Text>
      <ul className={classes.list} aria-label={said.tab.storage}>
        {data.kinds.map((kept) => (
          <li key={kept.kind} className={classes.row}>
            <Kept kept={kept} />
          </li>
        ))}
      </ul>
    </Stack>
  )
}

function Kept({ kept }: { kept: View<'KeptView'> }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const bytes = (value: number) => formatBytes(value, language)
  return (
    <>
      <div>
        <Text size="sm" fw={600}>
          {said.kept[kept.kind]}
        </Text>
        {kept.kept_files > 0 && <Text size="sm">{said.there(kept.kept_files, bytes(kept.kept_bytes))}</Text>}
        {kept.purged_at && (
          <Text size="xs" c="dimmed">
            {`${said.purged(kept.purged_rows, bytes(kept.purged_bytes))} `}
            <When at={kept.purged_at} exact />
          </Text>
        )}
      </div>
      <Text size="sm">{kept.keep_days === null ? said.forGood : said.days(kept.keep_days)}</Text>
    </>
  )
}
