// For a WebGL player of Unity, whose scripts are no modules: userstatus.jslib loads this one by a script element.

import { createClient } from './index.js';

globalThis.userstatusForUnity = { createClient };
