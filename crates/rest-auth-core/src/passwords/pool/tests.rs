#![expect(clippy::disallowed_methods, reason = "measures that nobody waits")]

use super::*;

fn sleep(milliseconds: u64) -> impl FnOnce() -> u64 + Send {
    move || {
        std::thread::sleep(Duration::from_millis(milliseconds));
        milliseconds
    }
}

/// After which times those come back who come too late to a pool that checks ten passwords a second.
async fn absences(crowd: usize) -> Vec<u64> {
    let pool = Pool::start(1, Duration::from_secs(1));
    pool.run(Instant::now(), sleep(100)).await.unwrap();
    while pool.done() == 0 {
        tokio::task::yield_now().await;
    }
    let too_long_ago = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
    let mut times = Vec::new();
    for _ in 0..crowd {
        times.push(pool.run(too_long_ago, || 1).await.unwrap_err().retry_after);
    }
    times
}

#[tokio::test]
async fn a_job_is_answered() {
    let pool = Pool::start(1, Duration::from_secs(5));
    assert_eq!(pool.run(Instant::now(), || 6 * 7).await, Ok(42));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_says_when_to_try_again() {
    let pool = Arc::new(Pool::start(1, Duration::from_millis(100)));
    pool.run(Instant::now(), sleep(40)).await.unwrap();
    let begin = Instant::now();
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.run(Instant::now(), sleep(40)).await })
        })
        .collect();
    let mut served = 0;
    for member in crowd {
        match member.await.unwrap() {
            Ok(_) => served += 1,
            Err(full) => assert!(full.retry_after >= 1),
        }
    }
    assert!(served <= 5, "{served} of 50 were served within the limit");
    // One after the other, fifty would take two seconds.
    assert!(begin.elapsed() < Duration::from_millis(1500), "nobody waits beyond the limit");
}

#[tokio::test]
async fn who_is_sent_away_is_told_to_come_back_one_after_the_other() {
    let times = absences(50).await;
    assert!(times.is_sorted() && times.first() == Some(&1), "{times:?}");
    // Ten in a second, or fewer on a busy machine, where a tenth of a second takes longer.
    assert!((5..=25).contains(times.last().unwrap()), "{times:?}");
    assert!((2..=10).contains(&times.iter().filter(|seconds| **seconds == 3).count()), "{times:?}");
}

#[tokio::test]
async fn nobody_is_sent_away_for_longer_than_half_a_minute() {
    assert!((30..=31).contains(absences(1000).await.iter().max().unwrap()));
}

#[tokio::test]
async fn a_cold_pool_does_not_let_everybody_in() {
    let pool = Arc::new(Pool::start(1, Duration::from_millis(100)));
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.run(Instant::now(), sleep(30)).await })
        })
        .collect();
    let mut served = 0;
    for member in crowd {
        served += usize::from(member.await.unwrap().is_ok());
    }
    assert!(served <= 4, "{served} of 50 got into an unmeasured pool");
}

#[tokio::test]
async fn a_cold_pool_lets_in_as_many_as_it_can_probably_serve() {
    let pool = Arc::new(Pool::start(2, Duration::from_secs(5)));
    let crowd: Vec<_> = (0..36)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.run(Instant::now(), sleep(5)).await })
        })
        .collect();
    for member in crowd {
        assert_eq!(member.await.unwrap(), Ok(5));
    }
}

#[tokio::test]
async fn a_job_whose_client_has_gone_is_not_done() {
    let pool = Arc::new(Pool::start(1, Duration::from_secs(5)));
    let busy = {
        let pool = Arc::clone(&pool);
        tokio::spawn(async move { pool.run(Instant::now(), sleep(100)).await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = Arc::clone(&done);
    let gone = {
        let pool = Arc::clone(&pool);
        tokio::spawn(async move {
            pool.run(Instant::now(), move || flag.store(true, std::sync::atomic::Ordering::SeqCst)).await
        })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    gone.abort();
    busy.await.unwrap().unwrap();
    pool.run(Instant::now(), || ()).await.unwrap();
    assert!(!done.load(std::sync::atomic::Ordering::SeqCst));
}

#[tokio::test]
async fn a_job_that_panics_takes_nobody_with_it() {
    let pool = Pool::start(1, Duration::from_secs(5));
    assert!(pool.run(Instant::now(), || panic!("a bug")).await.is_err());
    assert_eq!(pool.run(Instant::now(), || 1).await, Ok(1));
}

#[tokio::test]
async fn the_limit_counts_from_when_somebody_began_to_wait() {
    let pool = Pool::start(1, Duration::from_secs(5));
    pool.run(Instant::now(), || ()).await.unwrap();
    let recently = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    assert_eq!(pool.run(recently, || 1).await, Ok(1));
    let too_long_ago = Instant::now().checked_sub(Duration::from_millis(4100)).unwrap();
    assert!(pool.run(too_long_ago, || 1).await.is_err(), "the second of two hashes came too late");
}

#[tokio::test]
async fn an_answer_comes_before_the_limit_although_hashes_have_become_slower() {
    let pool = Arc::new(Pool::start(1, Duration::from_secs(1)));
    pool.run(Instant::now(), sleep(10)).await.unwrap();
    let begin = Instant::now();
    assert!(pool.run(begin, sleep(1500)).await.is_err());
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thread_that_hashes_gives_way_and_others_do_not() {
    let niceness = || {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // Counted from behind the name, which may hold anything.
        let mut fields = stat.rsplit_once(") ").unwrap().1.split(' ');
        fields.nth(16).unwrap().parse::<i32>().unwrap()
    };
    let pool = Pool::start(1, Duration::from_secs(5));
    let own = niceness();
    assert_eq!(pool.run(Instant::now(), niceness).await, Ok(own.max(10)));
    assert_eq!(niceness(), own);
}
