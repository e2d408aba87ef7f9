/* SPDX-License-Identifier: Apache-2.0
 *
 * For code that includes this name: all of it is in userstatus.h.
 */
#include "userstatus.h"
