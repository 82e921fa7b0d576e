/* The queue of HAProxy: one server with one slot, its queue, and the backend's.
 *
 * Written from a description of the algorithm, not from the Python model, which it is to judge.
 * One process a stream. A statement is one access to shared memory; balancing locks and statistics
 * are left out, since they decide nothing with one server.
 *
 * What a revision has, by -D:
 *   BLOCKING  who dequeues waits for both queues' locks (16fbdda3c)
 *   TRYLOCK   who dequeues tries the lock of the server's queue, or goes (ddab05b98, 5541d4995)
 *   FLAG      a flag says that somebody dequeues (b11495652)
 *   RECHECK   who has queued itself looks again (5541d4995, b11495652)
 * The workload: STREAMS, THREADS (each stream on its own, or all on one), and BOUND, a bit for each
 * stream that insists on the server.
 */

#define PX 0
#define SRV 1
#define NONE 255
#define MAXPOLL 1

short served, px_served, cur_sess, beconn;
short length[2];
bit lock[2];
bit dequeuing;
short places;

byte in_queue[STREAMS];   /* 0 out, otherwise 1 + the queue it is linked in */
short age[STREAMS];       /* its place, -1 before it was first queued */
bit del_lock[STREAMS];    /* of its pendconn */
bit target[STREAMS];      /* its pendconn was given the server */
bit srv_conn[STREAMS];    /* it holds a slot */
bit woken[STREAMS];       /* a wake-up is pending */
byte life[STREAMS];       /* 0 new, 1 in service, 2 waits in PX, 3 waits in SRV, 4 ended */
bit arrived[STREAMS];
bit working[THREADS];     /* a thread does one thing at a time */

short in_service;         /* as an observer counts it */
bit over;                 /* more than one at a time, at some point */

#define THREAD(i) (THREADS == 1 -> 0 : i)

inline take(l) { atomic { !l -> l = 1 } }

inline enter() { take(working[THREAD(me)]) }
inline exit() { working[THREAD(me)] = 0 }

inline serve() { in_service++; if :: in_service > 1 -> over = 1 :: else fi }

/* the stream linked in queue q that was queued first */
inline head(q, found) {
  d_step {
    found = NONE; i = 0;
    do
    :: i < STREAMS ->
      if
      :: in_queue[i] == 1 + q && (found == NONE || age[i] < age[found]) -> found = i
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0
  }
}

inline give(x) {            /* send stream x to the server, and wake it */
  atomic { target[x] = 1; serve() }
  srv_conn[x] = 1;
  woken[x] = 1
}

inline next() {             /* got: whether a stream was picked */
  p = NONE; pp = NONE; got = 0;
  if :: length[SRV] != 0 -> head(SRV, p) :: else fi;
#ifdef BLOCKING
  if :: length[PX] != 0 -> head(PX, pp) :: else fi;
  if
  :: pp != NONE && (p == NONE || age[pp] < age[p]) ->
    in_queue[pp] = 0; length[PX]--; give(pp); got = 1
  :: else ->
    if
    :: p != NONE -> in_queue[p] = 0; length[SRV]--; give(p); got = 1
    :: else
    fi
  fi;
#else
  if
  :: length[PX] != 0 ->
    take(lock[PX]);
    head(PX, pp);
    if :: pp == NONE -> lock[PX] = 0 :: else fi
  :: else
  fi;
  if
  :: pp != NONE && (p == NONE || age[pp] < age[p]) ->
    take(del_lock[pp]);
    in_queue[pp] = 0;
    lock[PX] = 0;
    give(pp);
    del_lock[pp] = 0;
    length[PX]--; got = 1
  :: else ->
    if
    :: p != NONE ->
      if :: pp != NONE -> lock[PX] = 0 :: else fi;
      give(p);
      in_queue[p] = 0;
      length[SRV]--; got = 1
    :: else
    fi
  fi;
#endif
  d_step { p = NONE; pp = NONE }
}

inline batch() {            /* with the lock held: fill the slot */
  do
  :: served < 1 ->
    next();
    if :: !got -> stop = 1; break :: else fi;
    served++;
    done++;
#ifndef BLOCKING
    if :: done >= MAXPOLL -> break :: else fi
#endif
  :: else -> break
  od
}

inline process_srv_queue() {
  done = 0; stop = 0;
#ifdef BLOCKING
  take(lock[SRV]); take(lock[PX]);
  batch();
  lock[PX] = 0; lock[SRV] = 0;
#else
  do
  :: stop -> break
  :: else ->
    if
    :: done < MAXPOLL
    :: else -> if :: served != 0 -> break :: else fi
    fi;
    if :: served >= 1 -> break :: else fi;
#ifdef FLAG
    if :: atomic { dequeuing -> busy = 1 } :: atomic { !dequeuing -> dequeuing = 1; busy = 0 } fi;
    if :: busy -> break :: else fi;
    take(lock[SRV]);
    batch();
    dequeuing = 0;
#else
    if :: atomic { lock[SRV] -> busy = 1 } :: atomic { !lock[SRV] -> lock[SRV] = 1; busy = 0 } fi;
    if :: busy -> break :: else fi;
    batch();
#endif
    lock[SRV] = 0
  od;
#endif
  if :: done -> px_served = px_served + done :: else fi;
  d_step { done = 0; stop = 0; got = 0; busy = 0 }
}

inline manage() {           /* may the server take somebody? */
  if
  :: length[SRV] != 0 -> wanted = 1
  :: else -> if :: length[PX] != 0 -> wanted = 1 :: else fi
  fi;
  if
  :: wanted && cur_sess < 1 -> wanted = 0; process_srv_queue()
  :: else -> wanted = 0
  fi
}

inline add(q) {             /* queue this stream */
  length[q]++;
  take(lock[q]);
  d_step {
    target[me] = 0;
    in_queue[me] = 1 + q;
    if :: age[me] < 0 -> age[me] = places; places++ :: else fi
  };
  lock[q] = 0
}

proctype stream(byte me; bit bound) {
  byte p = NONE, pp = NONE, i = 0;
  short done = 0;
  bit got = 0, stop = 0, busy = 0, wanted = 0, assigned = 0, again = 0;

  if
  :: me == 0 || THREADS > 1 -> enter()
  :: else -> arrived[me - 1]; enter()
  fi;
  beconn++;
  assigned = bound;
balance:
  if
  :: assigned
  :: else ->
    if                      /* others wait: all must be full */
    :: length[PX] == 0 -> goto scan
    :: else -> if :: length[PX] == beconn -> goto scan :: else goto all_full fi
    fi;
scan:
    if :: length[SRV] != 0 -> goto all_full :: else fi;
    if :: !(0 <= served && served < 1) -> goto all_full :: else -> assigned = 1 fi
  fi;
  if :: length[SRV] != 0 -> goto wait_for_server :: else fi;
  if :: !(0 <= served && served < 1) -> goto wait_for_server :: else fi;
  served++;
  px_served++;
  srv_conn[me] = 1;
  cur_sess++;
  atomic { serve(); life[me] = 1; arrived[me] = 1; exit() };
  goto finish;

wait_for_server:
  add(SRV);
#ifdef RECHECK
  manage();
#endif
  atomic { life[me] = 3; arrived[me] = 1; exit() };
  goto queued;

all_full:
  add(PX);
#ifdef RECHECK
  if
  :: in_queue[me] == 1 + PX ->
    if
    :: px_served == 0 ->
      take(lock[PX]); take(del_lock[me]);
      if :: in_queue[me] -> in_queue[me] = 0; again = 1 :: else fi;
      del_lock[me] = 0; lock[PX] = 0;
      if :: again -> length[PX]--; again = 0; goto balance :: else fi
    :: else
    fi
  :: else
  fi;
#endif
  atomic { life[me] = 2; arrived[me] = 1; exit() };

queued:                     /* woken once it was picked */
  atomic { woken[me] && !working[THREAD(me)] -> woken[me] = 0; working[THREAD(me)] = 1 };
  take(lock[life[me] - 2]);
  got = (in_queue[me] != 0);
  lock[life[me] - 2] = 0;
#ifndef BLOCKING
  take(del_lock[me]); del_lock[me] = 0;
#endif
  if :: got -> got = 0; exit(); goto queued :: else fi;
  assert(target[me]);
  cur_sess++;
  atomic { life[me] = 1; exit() };

finish:
  atomic { !working[THREAD(me)] -> working[THREAD(me)] = 1; in_service-- };
  cur_sess--;
  served--;
  px_served--;
  srv_conn[me] = 0;
  manage();
  beconn--;
  manage();
  atomic { life[me] = 4; exit() }
}

#define AT_REST(i) (life[i] == 4 || (life[i] >= 2 && !woken[i]))
#if STREAMS == 1
#define ALL_AT_REST (AT_REST(0))
#elif STREAMS == 2
#define ALL_AT_REST (AT_REST(0) && AT_REST(1))
#else
#define ALL_AT_REST (AT_REST(0) && AT_REST(1) && AT_REST(2))
#endif
#if THREADS == 1
#define NOBODY_WORKS (!working[0])
#elif THREADS == 2
#define NOBODY_WORKS (!working[0] && !working[1])
#else
#define NOBODY_WORKS (!working[0] && !working[1] && !working[2])
#endif

init {
  byte n = 0;
  atomic {
    do
    :: n < STREAMS -> age[n] = -1; n++
    :: else -> break
    od;
    n = 0;
    do
    :: n < STREAMS -> run stream(n, (BOUND >> n) & 1); n++
    :: else -> break
    od;
    n = 0
  };
  atomic {
    ALL_AT_REST && NOBODY_WORKS ->
    c_code {
      int s;
      printf("REST");
      for (s = 0; s < STREAMS; s++) printf(" %d %d", now.life[s], now.age[s]);
      printf(" %d %d %d %d %d %d %d\n", now.served, now.px_served, now.cur_sess, now.beconn,
             now.length[1], now.length[0], now.over);
    }
  }
}
