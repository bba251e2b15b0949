// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
// What a form can't do alone. Every page works without it.
"use strict";
