/* SPDX-License-Identifier: Apache-2.0 */
/* As arena.ts and block.ts: blocks of 2^n lines by the buddy method, and the entries of a source within its block. */
#ifndef DETECTOR_BLOCKS_H
#define DETECTOR_BLOCKS_H

#include "detector-tables.h"

static void push_free(uint32_t at, int order)
{
	uint32_t first = shard.free_blocks[order];

	shard.arena[at + 1].free.next = first;
	shard.arena[at + 1].free.previous = 0;
	if (first)
		shard.arena[first].free.previous = at + 1;
	shard.free_blocks[order] = at + 1;
	shard.owners[at] = -1 - order;
}

static void drop_free(uint32_t at, int order)
{
	uint32_t next = shard.arena[at + 1].free.next;
	uint32_t previous = shard.arena[at + 1].free.previous;

	if (previous)
		shard.arena[previous].free.next = next;
	else
		shard.free_blocks[order] = next;
	if (next)
		shard.arena[next].free.previous = previous;
	shard.owners[at] = 0;
}

static void fill_arena(void)
{
	for (uint32_t at = 0, order; at < shard.arena_lines; at += 1 << order) {
		order = MAX_ORDER;
		while (at + (1 << order) > shard.arena_lines)
			order--;
		push_free(at, order);
	}
}

/* The number of the first line; a mix that needs more than there is measures something else. */
static uint32_t take_block(int order, uint32_t source)
{
	int found = order;
	uint32_t at;

	while (found <= MAX_ORDER && !shard.free_blocks[found])
		found++;
	if (found > MAX_ORDER)
		errx(1, "the arena is full");
	at = shard.free_blocks[found] - 1;
	drop_free(at, found);
	while (found > order) {
		found--;
		push_free(at + (1 << found), found);
	}
	shard.owners[at] = source;
	memset(&shard.arena[at + 1], 0, sizeof(union line) << order);
	return at + 1;
}

static void give_block(uint32_t block)
{
	uint32_t at = (block >> 4) - 1;
	int order = block & 15;

	shard.owners[at] = 0;
	for (; order < MAX_ORDER; order++) {
		uint32_t buddy = at ^ (1 << order);

		if (buddy + (1 << order) > shard.arena_lines || shard.owners[buddy] != -1 - order)
			break;
		drop_free(buddy, order);
		at = at < buddy ? at : buddy;
	}
	push_free(at, order);
}

static inline struct entry *slots_of(uint32_t block)
{
	return shard.arena[block >> 4].entries - 1;
}

static inline struct entry *entry_at(const struct source *source, uint32_t slot)
{
	return slots_of(source->block) + slot;
}

static inline uint32_t capacity_of(const struct source *source)
{
	return source->block ? 2u << (source->block & 15) : 0;
}

static inline uint32_t slot_bucket(uint32_t address, uint32_t key, uint32_t capacity)
{
	uint32_t hash = (address ^ shard.key0) * (shard.key1 | 1);

	hash ^= hash >> 15;
	hash = (hash ^ key) * (shard.key0 | 1);
	hash ^= hash >> 15;
	return hash * (shard.key1 | 1) >> __builtin_clz(capacity - 1);
}

static inline uint32_t find_slot(const struct source *source, uint32_t address, uint32_t key)
{
	uint32_t capacity = capacity_of(source);
	const struct entry *slots = slots_of(source->block);
	uint32_t slot;

	if (capacity <= FEW_SLOTS) {
		for (slot = 1; slot <= capacity; slot++)
			if (slots[slot].address == address && (slots[slot].meta & META_KEY) == (key | META_LIVE))
				return slot;
		return 0;
	}
	slot = slots[1 + slot_bucket(address, key, capacity)].head;
	while (slot && (slots[slot].address != address || (slots[slot].meta & META_KEY) != (key | META_LIVE)))
		slot = slots[slot].chain;
	return slot;
}

static uint16_t *head_of(const struct source *source, const struct entry *entry)
{
	uint32_t key = entry->meta & META_KEY & ~META_LIVE;

	return &entry_at(source, 1 + slot_bucket(entry->address, key, capacity_of(source)))->head;
}

static void chain_slot(const struct source *source, uint32_t slot)
{
	struct entry *entry = entry_at(source, slot);
	uint16_t *head;

	if (capacity_of(source) <= FEW_SLOTS)
		return;
	head = head_of(source, entry);
	entry->chain = *head;
	*head = slot;
}

static void unchain_slot(const struct source *source, uint32_t slot)
{
	uint16_t *link;

	if (capacity_of(source) <= FEW_SLOTS)
		return;
	for (link = head_of(source, entry_at(source, slot)); *link != slot; link = &entry_at(source, *link)->chain)
		;
	*link = entry_at(source, slot)->chain;
}

static uint32_t add_slot(struct source *source, uint32_t address, uint32_t meta)
{
	uint32_t slot = source->free;
	struct entry *entry = entry_at(source, slot);

	source->free = entry->chain;
	entry->address = address;
	entry->meta = meta | META_LIVE;
	entry->last = 0;
	entry->connections = 0;
	entry->untold = 0;
	entry->first = 0;
	entry->cadence = 0;
	source->entries++;
	shard.services++;
	chain_slot(source, slot);
	return slot;
}

static void remove_slot(struct source *source, uint32_t slot)
{
	struct entry *entry = entry_at(source, slot);

	unchain_slot(source, slot);
	entry->meta = 0;
	entry->chain = source->free;
	source->free = slot;
	source->entries--;
	shard.services--;
}

/* The entries of a source into a block of another order, in the order of their times. */
static void move_block(uint32_t number, int order)
{
	struct source *source = &shard.sources[number];
	uint32_t to = take_block(order, number) << 4 | order;
	uint32_t entries = source->entries, slot = source->newest, edge = 0, old = source->block;

	for (uint32_t copied = 1; copied <= entries; copied++) {
		struct entry *copy = slots_of(to) + copied;

		slot = entry_at(source, slot)->newer;
		*copy = *entry_at(source, slot);
		if (slot == source->edge)
			edge = copied;
		copy->head = 0;
		copy->newer = copied == entries ? 1 : copied + 1;
		copy->older = copied == 1 ? entries : copied - 1;
	}
	source->block = to;
	source->newest = entries;
	source->edge = edge;
	/* The head of a slot may lie in a later one. */
	for (uint32_t copied = 1; copied <= entries; copied++)
		chain_slot(source, copied);
	source->free = 0;
	for (uint32_t dead = capacity_of(source); dead > entries; dead--) {
		entry_at(source, dead)->chain = source->free;
		source->free = dead;
	}
	if (old)
		give_block(old);
}

#endif
