// Who is signed in. A session that ends while somebody works is renewed on top of the page, so that
// nothing that was typed is lost.
import { askOnce, Problem } from './api';
import type { Right } from './pages';
import type { Schema } from './schemas';

export type Me = Schema<'Session'>;

export interface Credentials {
  name: string;
  password: string;
  code?: string;
}

const CHANNEL = 'isthmus-session';

class Session {
  me = $state.raw<Me | null>(null);
  state = $state<'asking' | 'out' | 'in' | 'over'>('asking');
  hasProvider = $state(false);
  /** The code with which the provider of identities sent us back. */
  refused = $state('');
  #waiting: (() => void)[] = [];
  #channel: BroadcastChannel | undefined;

  may(right: Right): boolean {
    return this.me?.rights.includes(right) ?? false;
  }

  /** Who has signed in before, or by the one-time link of the address. Throws what refused a link. */
  async start(): Promise<void> {
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = () => void this.#look();
    const oneTime = /^#sign-in=([^&]+)/.exec(location.hash)?.[1];
    if (oneTime) {
      // It must not stay in the history.
      history.replaceState(null, '', location.pathname + location.search);
      try {
        this.#enter((await askOnce<Me>('POST', 'session:link', { body: { link: oneTime } })).data);
        return;
      } catch (error) {
        await this.#look();
        if (this.state === 'out') throw error;
        return;
      }
    }
    const refused = /^#refused=(IST-[A-Z]+-\d{3})?$/.exec(location.hash);
    if (refused) {
      history.replaceState(null, '', location.pathname + location.search);
      this.refused = refused[1] ?? '?';
    }
    await this.#look();
    // The provider has sent this window back: one that waits for it may go on.
    if (this.state === 'in') this.#channel.postMessage('signed in');
  }

  async signIn(given: Credentials): Promise<void> {
    this.#enter((await askOnce<Me>('POST', 'session', { body: given })).data);
  }

  async signOut(): Promise<void> {
    try {
      await askOnce('DELETE', 'session');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    this.me = null;
    this.state = 'out';
    location.assign('/');
  }

  /** When the session, which is over, was renewed. */
  renewed(): Promise<void> {
    if (this.state !== 'over') {
      this.state = 'over';
      void this.#askMethods();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #enter(me: Me): void {
    this.me = me;
    this.state = 'in';
    this.#channel?.postMessage('signed in');
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Whether there is a session; asked so, because a refusal would look like an error. */
  async #askMethods(): Promise<boolean> {
    const { data } = await askOnce<Schema<'SignInMethods'>>('GET', 'session:methods', {
      background: true,
    });
    this.hasProvider = data.oidc;
    return data.signed_in;
  }

  async #look(): Promise<void> {
    try {
      if (!(await this.#askMethods())) {
        if (!this.me) this.state = 'out';
        return;
      }
      const { data } = await askOnce<Me>('GET', 'session', { background: true });
      const isNews = this.state !== 'in' || this.me?.csrf !== data.csrf;
      if (isNews) {
        this.me = data;
        this.state = 'in';
        for (const go of this.#waiting.splice(0)) go();
      }
    } catch (error) {
      if (this.me) return;
      if (error instanceof Problem) {
        this.state = 'out';
      } else {
        throw error;
      }
    }
  }
}

export const session = new Session();
