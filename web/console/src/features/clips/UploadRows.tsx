import { ActionIcon, Button, Progress, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { Failure } from '@/shared/ui/Failure'
import { TextLink } from '@/shared/ui/links'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './clips.module.css'
import { formatSize } from './format'
import type { Upload } from './uploads'
import { uploads, useUploads } from './useUploads'
import { words } from './words'

/** Files on their way, and what became of them. */
export function UploadRows() {
  const said = useWords(words)
  const all = useUploads()
  // What is there now is in the list below.
  const shown = all.filter((each) => each.state !== 'filed' || each.isKnown)
  if (shown.length === 0) return null
  return (
    <ul className={classes.uploads} aria-label={said.uploads}>
      {shown.map((upload) => (
        <li key={upload.id}>
          <UploadRow upload={upload} />
        </li>
      ))}
    </ul>
  )
}

function UploadRow({ upload }: { upload: Upload }) {
  const said = useWords(words)
  const isOver = upload.state === 'refused' || upload.state === 'filed'
  return (
    <article className={classes.upload} data-upload={upload.file.name} data-state={upload.state}>
      <div className={classes.uploadHead}>
        <Text size="sm" fw={600} className={classes.name}>
          {upload.file.name}
        </Text>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={isOver ? said.hide(upload.file.name) : said.giveUp(upload.file.name)}
          onClick={() => uploads.remove(upload.id)}
        >
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </div>
      <Course upload={upload} />
    </article>
  )
}

function Course({ upload }: { upload: Upload }) {
  const said = useWords(words)
  const shared = useWords(common)
  const { language } = useLanguage()
  const { file, sent, state, clip } = upload
  if (state === 'waiting') return <Text size="sm">{said.waits}</Text>
  if (state === 'refused')
    return (
      <>
        <Failure error={upload.error} />
        <Button size="xs" mt={4} variant="default" onClick={() => uploads.retry(upload.id)}>
          {shared.retry}
        </Button>
      </>
    )
  if (state === 'filed')
    return (
      <Text size="sm">
        {said.known}{' '}
        {clip && (
          <TextLink to="/clips/$clipId" params={{ clipId: clip.id }}>
            {said.openIt}
          </TextLink>
        )}
      </Text>
    )
  const share = file.size > 0 ? sent / file.size : 0
  const isThere = sent >= file.size
  return (
    <>
      <Progress value={share * 100} aria-label={said.uploading(file.name)} animated={isThere} />
      <Text size="xs" c="dimmed">
        {isThere ? said.looking : said.sentOf(formatSize(sent, language), formatSize(file.size, language))}
      </Text>
    </>
  )
}
