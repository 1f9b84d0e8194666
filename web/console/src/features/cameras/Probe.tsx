import { Button, Stack, Text } from '@mantine/core'
import { IconPlugConnected } from '@tabler/icons-react'
import type { View } from '@/shared/api/client'
import { Failure } from '@/shared/ui/Failure'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { type CameraDraft, useProbe } from './queries'
import { words } from './words'

/** Tries an address: its picture, or what is wrong, in words. */
export function Probe({ draft }: { draft: Pick<CameraDraft, 'source' | 'username' | 'password' | 'name'> }) {
  const said = useWords(words)
  const shared = useWords(common)
  const probe = useProbe()
  const { source, username, password } = draft
  const isPushed = source.startsWith('push:')
  return (
    <Stack gap="xs">
      <Button
        variant="default"
        disabled={source === '' || isPushed}
        loading={probe.isPending}
        leftSection={<IconPlugConnected size={16} aria-hidden />}
        onClick={() => probe.mutate({ source, username, password })}
      >
        {said.probe}
      </Button>
      <div role="status">
        {probe.isPending && <Text size="sm">{said.probing}</Text>}
        {probe.data && (
          <figure data-probed>
            <Picture
              src={probe.data.snapshot}
              alt={shared.pictureOf(draft.name || source)}
              ratio={probe.data.width / probe.data.height}
            />
            <Text size="sm" component="figcaption">
              {sayProbed(probe.data, said)}
            </Text>
          </figure>
        )}
      </div>
      {probe.error && <Failure error={probe.error} />}
    </Stack>
  )
}

function sayProbed(found: View<'ProbeView'>, said: (typeof words)['en']): string {
  const { width, height, fps, video_codec: video, audio_codec: sound } = found
  const rate = fps > 0 ? said.fps(Math.round(fps)) : ''
  return [
    said.readAs[found.read_as],
    `${width} × ${height}`,
    video,
    rate,
    sound ? said.withSound(sound) : said.withoutSound,
  ]
    .filter(Boolean)
    .join(' · ')
}
