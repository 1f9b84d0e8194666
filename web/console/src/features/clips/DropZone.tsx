import { Button, NativeSelect, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { camerasOptions } from '@/shared/api/names'
import { useWords } from '@/shared/words/language'
import classes from './clips.module.css'
import type { SubmitDraft } from './uploads'
import { uploads } from './useUploads'
import { words } from './words'

/** Browsers do not know all that the service reads by its type. */
const ACCEPTED = 'video/*,image/gif,.mkv,.avi,.flv,.ts,.m2ts,.mpg,.asf,.wmv,.ogv'
const NOTIFY = ['auto', 'always', 'never'] as const

/** Files may be dropped anywhere on the page, or chosen. */
export function DropZone({ children }: { children: ReactNode }) {
  const [draft, setDraft] = useState<SubmitDraft>({})
  const [isOver, setIsOver] = useState(false)
  const onDrag = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setIsOver(event.type === 'dragover')
    if (event.type === 'drop') uploads.add(event.dataTransfer.files, draft)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button does the same
    <div className={classes.zone} data-over={isOver} onDragOver={onDrag} onDragLeave={onDrag} onDrop={onDrag}>
      <Chooser draft={draft} onDraft={setDraft} />
      {children}
    </div>
  )
}

function Chooser({ draft, onDraft }: { draft: SubmitDraft; onDraft: (draft: SubmitDraft) => void }) {
  const said = useWords(words)
  const input = useRef<HTMLInputElement>(null)
  return (
    <section className={classes.chooser} aria-label={said.upload}>
      <Button leftSection={<IconUpload size={16} aria-hidden />} onClick={() => input.current?.click()}>
        {said.choose}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPTED}
        aria-label={said.files}
        onChange={({ currentTarget }) => {
          uploads.add(currentTarget.files ?? [], draft)
          currentTarget.value = '' // the same file may be chosen again
        }}
      />
      <Text size="sm" visibleFrom="sm" className={classes.hint}>
        {said.drop}
      </Text>
      <Options draft={draft} onDraft={onDraft} />
    </section>
  )
}

function Options({ draft, onDraft }: { draft: SubmitDraft; onDraft: (draft: SubmitDraft) => void }) {
  const said = useWords(words)
  const { data: cameras = [] } = useQuery(camerasOptions)
  const named = cameras.map((each) => ({ value: each.id, label: each.name }))
  return (
    <>
      {cameras.length > 0 && (
        <NativeSelect
          aria-label={said.ofCamera}
          data={[{ value: '', label: said.noCamera }, ...named]}
          value={draft.camera_id ?? ''}
          onChange={({ currentTarget: { value } }) => {
            const { camera_id: _, ...others } = draft
            onDraft(value ? { ...others, camera_id: value } : others)
          }}
        />
      )}
      <NativeSelect
        aria-label={said.notify}
        data={NOTIFY.map((each) => ({ value: each, label: said.notifies[each] }))}
        value={draft.notify ?? 'auto'}
        onChange={({ currentTarget: { value } }) =>
          onDraft({ ...draft, notify: NOTIFY.find((each) => each === value) ?? 'auto' })
        }
      />
    </>
  )
}
