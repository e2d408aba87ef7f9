/** Where a user is, as the system keeps it: `unknown` is one never heard of, `unlogined` one who logged out or never logged in. */
export type NormalStatus = 'unknown' | 'online' | 'offline' | 'unlogined';

export interface UserStatus {
  userId: string;
  status: NormalStatus;
  /** Set by the user; empty if none. */
  customStatus: string;
  /** Where the user is online: "Web", "Windows", "iPhone", … */
  platforms: string[];
}

export interface Friend {
  userId: string;
  remark: string;
  groupName: string;
  addSource: string;
  addWording: string;
  /** In seconds since 1970, UTC. */
  addTimeS: number;
}

/** What became of one user in a request about several. */
export interface FriendResult {
  userId: string;
  /** 0, or why not. */
  code: number;
  message: string;
}

export interface AddFriendOptions {
  /** Each becomes the other's friend. */
  both?: boolean;
  remark?: string;
  groupName?: string;
  addSource?: string;
  addWording?: string;
}

export interface Failure {
  code: number;
  message: string;
}

export interface ConnectionChange {
  /** `disconnected` and `connectFailed`: a client that is logged in tries again by itself. */
  state: 'connecting' | 'connected' | 'disconnected' | 'connectFailed';
  reason: string;
}

export interface ClientEvents {
  /** Whole statuses, never differences, of oneself, friends and users subscribed to; each newer than any told before. */
  statusChanged: UserStatus[];
  connectionChanged: ConnectionChange;
  /** Logged out: 6208 by another device, 70052 by the operator. The client does not come back by itself. */
  kickedOffline: Failure;
  /** Logged out because the UserSig lets nobody in any more; log in with a new one. */
  userSigExpired: Failure;
  /** The UserSig ends soon, or has ended (0): log in as the same user with a new one, and nobody notices. */
  userSigExpiring: { expiresInMs: number };
  friendsChanged: { added: string[]; deleted: string[] };
}

/** Anything that is made and used as a browser's WebSocket. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => {
  binaryType: string;
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  onclose: unknown;
  send(data: Uint8Array): void;
  close(): void;
};

export interface ClientOptions {
  /** `wss://host:port`, or `ws://host:port` on this machine; up to 8, tried in turn until one answers. */
  server: string | string[];
  appId: number;
  /** Sends something at least this often, if the server does not ask for more; at least 5000. */
  heartbeatIntervalMs?: number;
  /** Where there is no global one, as in node before 22: that of the package `ws`. */
  WebSocket?: WebSocketConstructor;
  /** The module: its URL, its bytes, a Response or a WebAssembly.Module. Default: `userstatus.wasm` beside this file. */
  module?: string | URL | BufferSource | Response | WebAssembly.Module;
}

/** A request that failed. The codes stand in docs/protocol.md; 9508: no connection, 7009: ended by close() or logout(), -102: the module broke. */
export declare class UserStatusError extends Error {
  constructor(code: number, message: string);
  readonly name: 'UserStatusError';
  readonly code: number;
}

/** Makes a client. It connects at the first login. Clients of a page share one module. */
export declare function createClient(options: ClientOptions): Promise<Client>;

/** Every promise is rejected with a {@link UserStatusError} if the request fails. */
export interface Client {
  /** Logs in. While logged in as the same user it renews the UserSig: a bad one is refused and the old one stays. */
  login(userId: string, userSig: string): Promise<void>;
  /** Logs out; what is pending ends with 7009. */
  logout(): Promise<void>;
  /** Sets one's own custom status, at most 100 bytes of UTF-8; empty clears it. */
  setSelfStatus(customStatus: string): Promise<void>;
  /** At most 500 users; 20 requests in any 5 s. */
  getUserStatus(userIds: string[]): Promise<UserStatus[]>;
  /** Watches at most 100 users more, and hands back how they stand; the list holds 200, and the earliest leave first. */
  subscribe(userIds: string[]): Promise<UserStatus[]>;
  /** Watches these no more; at least one. */
  unsubscribe(userIds: string[]): Promise<void>;
  unsubscribeAll(): Promise<void>;
  addFriend(userId: string, options?: AddFriendOptions): Promise<FriendResult>;
  deleteFriends(userIds: string[], options?: { both?: boolean }): Promise<FriendResult[]>;
  listFriends(): Promise<Friend[]>;
  block(userIds: string[]): Promise<FriendResult[]>;
  unblock(userIds: string[]): Promise<FriendResult[]>;
  listBlocked(): Promise<string[]>;
  /** At most 64 bytes, sent with every login, for the operator's webhooks. */
  setUserDefinedData(data: string): Promise<void>;

  /** `loggedIn` also while a lost connection is being made again. */
  readonly loginStatus: 'loggedIn' | 'loggingIn' | 'loggedOut' | 'loggingOut';
  readonly loginUser: string | null;
  /** The server's clock, in milliseconds since 1970; `null` before the first connection. */
  readonly serverTimeMs: number | null;

  /** Calls `listener` for each such event, until the function handed back is called. */
  on<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): () => void;

  /** Finds out now whether the connection stands. A page that becomes visible does so by itself. */
  probe(): void;
  /** What the platform says of the network. Browsers tell by themselves. */
  networkChanged(change: 'gone' | 'changed' | 'back'): void;

  /** Ends the client without a logout, for good: what is pending ends with 7009, watchers see it offline. */
  close(): void;
}
