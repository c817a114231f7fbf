{{ stage('vs') }}
