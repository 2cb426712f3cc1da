// SPDX-License-Identifier: LicenseRef-Project
// A connection to the live stream that comes back by itself. A browser's EventSource retries a broken
// connection but gives up on an error answer, such as that of a server that is restarting.
import { readStreamed, type LiveEvent } from './live_events';

const kRetryMs = 2000;

export type StreamStatus = 'connecting' | 'open' | 'lost';

interface StreamListener {
  onStatus: (status: StreamStatus) => void;
  onEvent: (event: LiveEvent) => void;
}

export function openStream(address: string, listener: StreamListener): { close: () => void } {
  let retry: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource;
  const connect = () => {
    source = new EventSource(address);
    source.onopen = () => listener.onStatus('open');
    source.onmessage = (message: MessageEvent<string>) => {
      const event = readStreamed(message.data);
      if (event !== null) {
        listener.onEvent(event);
      }
    };
    source.onerror = () => {
      listener.onStatus('lost');
      if (source.readyState === EventSource.CLOSED) {
        retry = setTimeout(connect, kRetryMs);
      }
    };
  };
  connect();
  return {
    close: () => {
      clearTimeout(retry);
      source.close();
    },
  };
}
