// What has just been done, and how it is taken back.

export interface Notice {
  id: number;
  text: string;
  warnings: string[];
  undo?: () => Promise<string>;
}

class Notices {
  all = $state<Notice[]>([]);
  #last = 0;

  say(text: string, more: { warnings?: string[]; undo?: () => Promise<string> } = {}): void {
    this.#last += 1;
    // One is enough: the newest says how things stand.
    this.all = [{ id: this.#last, text, warnings: more.warnings ?? [], undo: more.undo }];
  }

  clear(): void {
    this.all = [];
  }
}

export const notices = new Notices();
