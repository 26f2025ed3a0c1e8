open('brinery-marker', 'a').close()


class Run:
    pass


def x():
    pass
