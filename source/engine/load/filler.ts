/** Text that is made up: tags that make prompts differ from their first characters on, and prompts of a wanted length. */

import {mixed, shuffled, shuffledSize, uniform} from './random.ts';

/** Which request of which level a text is for. */
export interface Place {
	/** Number of the level in the session, from 0, repeats counted; below 2^19. */
	readonly level: number;
	readonly kind: 'measured' | 'warmup';
	/** Number of the request, from 0; below 2^32. */
	readonly index: number;
}

/** A number below 2^52 that no other place has with this seed, and that looks like any other. */
function ticket({level, kind, index}: Place, seed: number): number {
	const number = (level * 2 + (kind === 'warmup' ? 1 : 0)) * 2 ** 32 + index;
	if (!(number < shuffledSize)) throw new RangeError(`no ticket for request ${index} of level ${level}`);
	return shuffled(number, seed);
}

const letters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Eleven letters and digits that no other request of the session has, e.g. `[k3f9wq27mza] `. */
export function uniqueTag(place: Place, seed: number): string {
	let rest = ticket(place, seed);
	let tag = '';
	for (let place = 0; place < 11; place++) {
		tag += letters[rest % 32];
		rest = Math.floor(rest / 32);
	}
	return `[${tag}] `;
}

/** 512 English words, each one cl100k token with and without a blank before it. */
const words = (
	'able about accept account action actual address adult after age agree allow alone along always animal answer ' +
	'appear area arm art attack avoid away bad balance ball bank base basic bear bed before below better between ' +
	'bill birth bit blood board body bone border both bottom boy bread break bright brown build bus busy button ' +
	'call camp capital card carry cash cast catch cell center chain change charge check child choice circle civil ' +
	'claim clean clock close cloud coat coffee cold college come common compare condition consider contain control ' +
	'cook copy cost country court cream create crime culture cup cut daily dance danger date day dead death defense ' +
	'degree depth desk detail device direct direction dish divide doctor door down dream dress drive dry during ' +
	'early earth east eat education effect eight election else end engine enter error even ever every example ' +
	'exchange exist expert express extra face fail fair fall far farm father feel female field figure film final ' +
	'fine finish fire fish five flat floor flower fly follow foot force forest form forward frame fresh friend ' +
	'front full future game gate gift girl glass gold good grass great green group guard guess guide hair half hand ' +
	'hard health hear heat height help high hold hole hope hot hotel house human ice image include increase inside ' +
	'invite issue item join judge jump keep kick kill king know lake language last late lay leaf learn leave leg ' +
	'less letter lie light like line list listen live lock long lose lot loud low machine main male map market ' +
	'master material maybe meal measure meet member mental metal method might mind minute miss modern moment month ' +
	'more most motion mouth movie much must nation nature neck net never next night nine normal note nothing number ' +
	'offer office oil once open option order other outside over page pain pair parent park party past path pause ' +
	'peace people person photo piece pink place plan plane plate please plot pool pot power present pretty price ' +
	'print process produce project proof protect prove pull push quality queen quick quiet race rain raise rate ' +
	'reach read real receive recent red regular remain remove repair reply report rest return rice ride ring rise ' +
	'river rock role roof root round row run safe same save scene school score sea search seat secret section seed ' +
	'send sense serve seven shade shape sharp sheet shell ship shop short show sign silver since single site size ' +
	'skin sky slice small smart snow soft solid son soon sound soup south special speed spirit spot spread square ' +
	'staff stage star state station steam step stick stone store storm street student style such summer supply sure ' +
	'sweet system table take tank tax tell tent term text thank theory thing third thought three throw tie time tip ' +
	'today tone top touch tour town trade train tree truck true truth turn type under unit upon upper usual very ' +
	'video visit vote wait wall war warm watch wave way wear week west wheel white whole wide wild win wind wine ' +
	'wish with wood work world write yard year yes young'
).split(' ');

/**
 * Words without sense that together have `tokens` cl100k tokens. The first six are a number of the place, so that two
 * requests never begin with the same six.
 */
export function madeUpText(tokens: number, place: Place, seed: number): string {
	const chosen: (string | undefined)[] = [];
	for (let rest = ticket(place, seed); chosen.length < Math.min(6, tokens); rest = Math.floor(rest / words.length)) {
		chosen.push(words[rest % words.length]);
	}
	const random = uniform(mixed(seed, place.level, place.kind === 'warmup' ? 1 : 0, place.index));
	while (chosen.length < tokens) chosen.push(words[Math.floor(random() * words.length)]);
	return chosen.join(' ');
}
