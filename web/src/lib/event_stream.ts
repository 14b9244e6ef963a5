// Server-sent events of one answer (WHATWG HTML §9.2), for requests that EventSource cannot make.
import { openStream } from './api';

export interface ServerEvent {
  name: string;
  data: string;
  id: string;
}

/** Splits what arrives into events; keeps what is not whole yet. */
export class EventParser {
  #rest = '';

  push(text: string): ServerEvent[] {
    this.#rest += text;
    const parts = this.#rest.split(/\r\n\r\n|\n\n|\r\r/);
    this.#rest = parts.pop() ?? '';
    return parts.flatMap((part) => {
      const event: ServerEvent = { name: 'message', data: '', id: '' };
      const data: string[] = [];
      for (const line of part.split(/\r\n|\n|\r/)) {
        const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        if (name === 'event') event.name = value ?? '';
        else if (name === 'data') data.push(value ?? '');
        else if (name === 'id') event.id = value ?? '';
      }
      return data.length ? [{ ...event, data: data.join('\n') }] : [];
    });
  }
}

/** Calls `on` for each event until the answer ends; throws as ask() does. */
export async function follow(
  method: string,
  path: string,
  how: { body?: unknown; signal: AbortSignal; background?: boolean },
  on: (event: ServerEvent) => void,
): Promise<void> {
  const body = await openStream(method, path, how);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of parser.push(value)) on(event);
  }
}
